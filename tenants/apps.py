from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "租户"

    def ready(self) -> None:
        from tenants import checks, sessions, signals  # noqa: F401  (register and connect themselves)
