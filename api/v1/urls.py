"""Version 1. What is here stays: fields are added, never renamed or taken away."""

from django.urls import path

from api.v1.customers import Customers, OneCustomer
from api.v1.follow_ups import FollowUps, OneFollowUp
from api.v1.sending import Cancellation, Canvassing, Deliveries, LostLeads, LostList, OneImport, RepairOrders
from api.v1.token import OwnToken
from api.v1.vehicles import OneVehicle, Vehicles

urlpatterns = [
    path("token", OwnToken.as_view(), name="api-token"),
    path("customers", Customers.as_view(), name="api-customers"),
    path("customers/<uuid:key>", OneCustomer.as_view(), name="api-customer"),
    path("vehicles", Vehicles.as_view(), name="api-vehicles"),
    path("vehicles/<uuid:key>", OneVehicle.as_view(), name="api-vehicle"),
    path("follow-ups", FollowUps.as_view(), name="api-follow-ups"),
    path("follow-ups/<uuid:key>", OneFollowUp.as_view(), name="api-follow-up"),
    path("deliveries", Deliveries.as_view(), name="api-deliveries"),
    path("repair-orders", RepairOrders.as_view(), name="api-repair-orders"),
    path("lists/lost-leads", LostLeads.as_view(), name="api-lost-leads"),
    path("lists/lost-list", LostList.as_view(), name="api-lost-list"),
    path("lists/canvassing", Canvassing.as_view(), name="api-canvassing"),
    path("imports/<uuid:key>", OneImport.as_view(), name="api-import"),
    path("imports/<uuid:key>/cancellation", Cancellation.as_view(), name="api-import-cancellation"),
]
