"""What a dealership's managers work with: the team, figures, checks, reports."""

from django.urls import path

from frontend.views import team

urlpatterns = [
    path("team/", team.team, name="team"),
    path("team/work/", team.work, name="team-shared"),
    path("team/work/<uuid:key>/", team.work, name="team-work"),
    path("team/assignment/", team.assignment, name="team-assignment"),
    path("team/deputies/", team.deputies, name="team-deputies"),
    path("team/deputies/new/", team.appointment, name="team-deputy-new"),
    path("team/deputies/<uuid:key>/end/", team.ending, name="team-deputy-end"),
]
