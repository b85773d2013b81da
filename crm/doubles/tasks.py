"""Looking for doubles, after every import."""

from django.utils import timezone

from crm.doubles.finding import look
from sanfang.tenancy.tasks import tenant_task


@tenant_task()
def find() -> None:
    """Repeatable."""
    look(timezone.now())
