"""Keeping the store's data right: imports taken back, people who stand there twice."""

from django.urls import path

from frontend.views import doubles, imports

urlpatterns = [
    path("imports/<uuid:key>/undo/", imports.undo, name="import-undo"),
    path("doubles/", doubles.doubles, name="doubles"),
    path("doubles/look/", doubles.look, name="doubles-look"),
    path("doubles/<uuid:key>/", doubles.double, name="double"),
    path("doubles/<uuid:key>/merge/", doubles.merge, name="double-merge"),
    path("doubles/<uuid:key>/different/", doubles.different, name="double-different"),
    path("doubles/<uuid:key>/apart/", doubles.apart, name="double-apart"),
]
