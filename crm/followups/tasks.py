"""What runs later: planning, after every import and every quarter of an hour."""

from django.utils import timezone

from crm.followups import planner
from crm.store.queries import is_open
from sanfang.tenancy.tasks import for_each_tenant, platform_task, tenant_task


@tenant_task()
def plan() -> None:
    """Repeatable: it plans what is marked or has come due, and does nothing for a store not opened yet."""
    if is_open():
        planner.plan(timezone.now())


@tenant_task()
def work_out_standards() -> None:
    """What every shipped standard would ask of the store, for whoever is looking on. Repeatable, writes nothing."""
    from crm.followups import outlook

    if is_open():
        outlook.work_out(timezone.now())


@platform_task()
def plan_everywhere() -> None:
    for_each_tenant(plan, {"dealer"}, expires=15 * 60)
