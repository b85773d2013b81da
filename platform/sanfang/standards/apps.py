from django.apps import AppConfig


class StandardsConfig(AppConfig):
    name = "sanfang.standards"
    label = "standards"
