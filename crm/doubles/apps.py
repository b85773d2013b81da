from django.apps import AppConfig


class DoublesConfig(AppConfig):
    name = "crm.doubles"
    label = "doubles"
