"""What standards ask of the store, and which one it works by."""

from django.urls import path

from frontend.views import standards

urlpatterns = [
    path("", standards.standards, name="standards"),
    path("progress/", standards.progress, name="standards-progress"),
    path("again/", standards.again, name="standards-again"),
    path("choice/", standards.choice, name="standard-choice"),
]
