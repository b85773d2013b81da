"""Every address on a host of kind group."""

from django.urls import include, path

urlpatterns = [
    path("", include("sanfang.urls.common")),
    path("", include("frontend.urls.group")),
]
