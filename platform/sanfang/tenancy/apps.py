from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "sanfang.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from sanfang.tenancy import checks  # noqa: F401  (registers itself)
