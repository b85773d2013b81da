from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "sanfang.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from sanfang.tenancy import checks, start  # noqa: F401  (they register themselves)
