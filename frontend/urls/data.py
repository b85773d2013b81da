"""Keeping the store's data right: imports taken back, people who stand there twice."""

from django.urls import path

from frontend.views import imports

urlpatterns = [
    path("imports/<uuid:key>/undo/", imports.undo, name="import-undo"),
]
