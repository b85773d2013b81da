from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "crm.complaints"
    label = "complaints"
