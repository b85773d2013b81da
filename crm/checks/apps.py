from django.apps import AppConfig


class ChecksConfig(AppConfig):
    name = "crm.checks"
    label = "checks"
