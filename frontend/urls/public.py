"""The main host: for visitors, customers with a link, and the platform's operators."""

from django.urls import include, path

from frontend.views import home, operator

urlpatterns = [
    path("", home.landing, name="home"),
    path("tenants/", operator.tenants, name="tenants"),
    path("", include("frontend.urls.survey")),
]
