from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "api.intake"
    label = "intake"
