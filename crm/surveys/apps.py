from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "crm.surveys"
    label = "surveys"
