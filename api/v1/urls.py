"""Version 1. What is here stays: fields are added, never renamed or taken away."""

from django.urls import path

from api.v1.customers import Customers, OneCustomer
from api.v1.follow_ups import FollowUps, OneFollowUp
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
]
