"""What a dealership's managers work with: the team, figures, checks, reports."""

from django.urls import path

from frontend.views import checks, kpis, reports, team

urlpatterns = [
    path("team/", team.team, name="team"),
    path("team/work/", team.work, name="team-shared"),
    path("team/work/<uuid:key>/", team.work, name="team-work"),
    path("team/assignment/", team.assignment, name="team-assignment"),
    path("team/deputies/", team.deputies, name="team-deputies"),
    path("team/deputies/new/", team.appointment, name="team-deputy-new"),
    path("team/deputies/<uuid:key>/end/", team.ending, name="team-deputy-end"),
    path("checks/", checks.checks, name="checks"),
    path("checks/draw/", checks.drawing, name="check-draw"),
    path("checks/<uuid:key>/", checks.check, name="check"),
    path("checks/<uuid:key>/result/", checks.result, name="check-result"),
    path("kpis/", kpis.kpis, name="kpis"),
    path("kpis/figure/", kpis.kpi, name="kpi"),
    path("kpis/records/", kpis.records, name="kpi-records"),
    path("reports/", reports.reports, name="reports"),
    path("reports/month/", reports.month, name="report-month"),
    path("reports/export/", reports.export, name="report-export"),
]
