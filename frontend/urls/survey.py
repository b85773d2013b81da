"""Public links, on the main host (architecture §3)."""

from django.urls import path

from frontend.views.sms import from_provider
from frontend.views.survey import survey, thanks

urlpatterns = [
    path("s/<str:code>", survey, name="survey"),
    path("s/<str:code>/thanks", thanks, name="survey-thanks"),
    path("hooks/sms/<str:provider>/<str:kind>/<str:key>", from_provider, name="sms-hook"),
]
