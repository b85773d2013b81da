"""Every address of the API, on a dealership's host (api/middleware.py)."""

from django.urls import include, path

from api import problems

urlpatterns = [path("api/v1/", include("api.v1.urls"))]
handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.error
