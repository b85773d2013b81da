"""Public links, on the main host (architecture §3)."""

from django.urls import path

from frontend.views.survey import survey, thanks

urlpatterns = [
    path("s/<str:code>", survey, name="survey"),
    path("s/<str:code>/thanks", thanks, name="survey-thanks"),
]
