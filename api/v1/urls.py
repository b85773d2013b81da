"""Version 1. What is here stays: fields are added, never renamed or taken away."""

from django.urls import path

from api.v1.token import OwnToken

urlpatterns = [
    path("token", OwnToken.as_view(), name="api-token"),
]
