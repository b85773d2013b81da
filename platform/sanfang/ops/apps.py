from django.apps import AppConfig
from django.conf import settings


class OpsConfig(AppConfig):
    name = "sanfang.ops"
    label = "ops"

    def ready(self) -> None:
        # Shared tasks are sent by the current app: without ours they would look for a queue of Celery's own default.
        import sanfang.celery  # noqa: F401
        from sanfang.ops import sentry

        if settings.SENTRY_DSN:
            sentry.start(settings.SENTRY_DSN)
