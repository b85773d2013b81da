from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "sanfang.audit"
    label = "audit"
