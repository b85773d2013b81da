"""Every address on a host of kind dealer."""

from django.urls import include, path

urlpatterns = [
    path("", include("sanfang.urls.common")),
    path("", include("frontend.urls.dealer")),
    path("", include("frontend.urls.developers")),
]
