"""What the page of an import says about its having been taken back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.dms.models import ImportRun
from crm.dms.undoing import DOCUMENTS
from sanfang.tenancy.models import Staff


@dataclass(frozen=True, slots=True)
class Stays:
    """A row that taking back has left. ``what``: its kind in words; ``reason`` in words too. ``customer_id``,
    ``follow_up_id``, ``run_id``: where to look, "" where there is nothing."""

    what: Any
    label: str
    reason: Any
    at: datetime | None
    by: str
    customer_id: str
    follow_up_id: str
    run_id: str


@dataclass(frozen=True, slots=True)
class UndoneFacts:
    """``removed``: documents that are gone, ``restored``: rows that say again what they said before."""

    at: datetime | None
    by: str
    removed: int
    restored: int
    stays: list[Stays]
    stays_total: int


WHAT = {
    "leads_lead": _("名单"),
    "vehicles_repairorder": _("维修工单"),
    "vehicles_delivery": _("交车"),
    "vehicles_vehicle": _("车辆"),
    "customers_customer": _("客户"),
}
WHY = {
    "edited": _("导入之后被改过，保留现在的内容"),
    "import": _("此后的另一次导入又改过，请先撤销那一次"),
    "called": _("已有人回访或处理，保留"),
    "named": _("还有保留下来的单据、回访或投诉，保留"),
}


def undone_facts(run: ImportRun) -> UndoneFacts:
    """What came of taking an import back, as it was kept. Two statements."""
    people = {one["by"] for one in run.undo["refused"] if one["by"]}
    names = {str(key): name for key, name in Staff.objects.filter(pk__in=people).values_list("pk", "name")}
    return UndoneFacts(
        at=run.undone_at,
        by=run.undone_by.name if run.undone_by else "",
        removed=sum(run.undo["removed"][table] for table in DOCUMENTS),
        restored=sum(run.undo["restored"].values()),
        stays=[
            Stays(
                what=WHAT[one["table"]],
                label=one["label"],
                reason=WHY["import" if one["run"] else one["why"]],
                at=datetime.fromisoformat(one["at"]) if one["at"] else None,
                by=names.get(one["by"], ""),
                customer_id=one["customer"],
                follow_up_id=one["follow_up"],
                run_id=one["run"],
            )
            for one in run.undo["refused"]
        ],
        stays_total=run.undo["refused_total"],
    )
