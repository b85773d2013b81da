from django.apps import AppConfig


class DmsConfig(AppConfig):
    name = "crm.dms"
    label = "dms"
