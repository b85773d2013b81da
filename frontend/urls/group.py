"""A dealer group's host."""

from django.urls import path

from frontend.views import home, network, staff

urlpatterns = [
    path("", home.home, name="home"),
    path("stores/", network.stores, name="stores"),
    path("staff/", staff.staff, name="staff"),
    path("staff/<uuid:key>/removal/", staff.removal, name="staff-removal"),
]
