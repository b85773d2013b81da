from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "crm.followups"
    label = "followups"

    def ready(self) -> None:
        from crm.followups import signals  # noqa: F401  (connects itself)
