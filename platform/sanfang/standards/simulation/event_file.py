"""The event file of a simulation: JSON in, a store's calendar and the kernel's events out.

A day without a time stands for its first instant; a leaving day that is also the opening day stands
for the opening itself. Fields nobody reads are warned about, for they may be misspelt.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from sanfang.kernel.calendar import CLOSED, DayHours, HoursError, HoursFault, StoreCalendar, week_hours
from sanfang.kernel.events import (
    Complaint,
    Customer,
    Delivery,
    Finish,
    Intervals,
    ListEntry,
    LostLead,
    OrderKind,
    RepairOrder,
    Vehicle,
)
from sanfang.standards.simulation.faults import EventFileError, told_at
from sanfang.standards.simulation.rows import Row, read_day

FIELDS: dict[str, tuple[str, ...]] = {
    "customers": ("id", "name", "mobile", "birthday"),
    "vehicles": (
        *("vin", "customer", "model", "inspection_due", "insurance_due"),
        *("first_service_months", "first_service_km", "service_months", "service_km"),
    ),
    "deliveries": ("id", "vin", "date"),
    "repair_orders": ("id", "vin", "opened", "closed", "mileage", "kind"),
    "complaints": ("id", "customer", "solved"),
    "lost_leads": ("id", "customer", "date"),
    "lost_list": ("id", "customer", "date"),
    "completed": ("rule", "trigger", "at"),
    "given_up": ("rule", "trigger", "at"),
}
SETTINGS = ("timezone", "opening_hours", "closed_days", "seed")
MOST_MONTHS, MOST_KM = 1_200, 100_000_000
"""Beyond these an interval or a mileage is a typing error."""
MOST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class NamedOutcome:
    """An outcome as the file names it: by rule and trigger."""

    row: Row
    rule: str
    trigger: str
    at: datetime
    finish: Finish


@dataclass(slots=True)
class EventFile:
    """``seed``: of the weekly draw of lost leads."""

    calendar: StoreCalendar
    seed: int = 0
    customers: dict[str, Customer] = field(default_factory=dict)
    vehicles: dict[str, Vehicle] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    orders: dict[str, RepairOrder] = field(default_factory=dict)
    complaints: dict[str, Complaint] = field(default_factory=dict)
    lost_leads: dict[str, LostLead] = field(default_factory=dict)
    lost_list: dict[str, ListEntry] = field(default_factory=dict)
    outcomes: list[NamedOutcome] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def parse(text: str) -> EventFile:
    """Raises EventFileError with every fault found."""
    content = _json(text)
    faults: list[str] = []
    file = EventFile(_calendar(content, faults), _seed(content, faults))
    readers: dict[str, Callable[[EventFile, Row], None]] = {
        "customers": _customer,
        "vehicles": _vehicle,
        "deliveries": _delivery,
        "repair_orders": _repair_order,
        "complaints": _complaint,
        "lost_leads": _lost_lead,
        "lost_list": _list_entry,
        "completed": lambda file, row: _outcome(file, row, Finish.COMPLETED),
        "given_up": lambda file, row: _outcome(file, row, Finish.GIVEN_UP),
    }
    for name in content:
        if name not in FIELDS and name not in SETTINGS:
            file.warnings.append(told_at(name, _("未使用的字段。")))
    for name, read in readers.items():
        for row in _rows(content, name, file, faults):
            read(file, row)
    if faults:
        raise EventFileError(faults)
    return file


def _json(text: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            names = [name for name, _value in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise EventFileError([_("“%(key)s”写了两次。") % {"key": twice}])
        return values

    try:
        content = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno, "why": error.msg}
        raise EventFileError([_("第 %(line)s 行第 %(column)s 列不是正确的 JSON：%(why)s") % place]) from error
    except (RecursionError, ValueError) as error:
        raise EventFileError([_("不是正确的 JSON：%(why)s") % {"why": error}]) from error
    if not isinstance(content, dict):
        raise EventFileError([_("文件最外层应为 JSON 对象。")])
    return content


# --- the store --------------------------------------------------------------------------------
def _calendar(content: dict[str, Any], faults: list[str]) -> StoreCalendar:
    """The store's calendar; a faulty part is told and read as if it were missing."""
    zone = ZoneInfo("UTC")
    name = content.get("timezone")
    try:
        zone = ZoneInfo(name)  # type: ignore[arg-type]  # whatever stands there is tried
    except (KeyError, ValueError, TypeError, AttributeError, OSError):
        faults.append(told_at("timezone", _("没有“%(name)s”这个时区，例如应为 Asia/Shanghai。") % {"name": name}))
    week = week_hours(None)
    try:
        week = week_hours(content.get("opening_hours"))
    except HoursError as error:
        faults.append(told_at("opening_hours", _hours_fault(error)))
    closed: dict[date, DayHours] = {}
    days = content.get("closed_days")
    for index, value in enumerate(days if isinstance(days, list) else []):
        day = read_day(value)
        if day is None:
            message = _("“%(value)s”不是日期（YYYY-MM-DD）。") % {"value": value}
            faults.append(told_at(f"closed_days[{index}]", message))
        else:
            closed[day] = CLOSED
    if days is not None and not isinstance(days, list):
        faults.append(told_at("closed_days", _("应为列表。")))
    try:
        return StoreCalendar(zone, week, closed)
    except HoursError as error:
        faults.append(told_at("opening_hours", _hours_fault(error)))
        return StoreCalendar(zone)


def _seed(content: dict[str, Any], faults: list[str]) -> int:
    """0 without one."""
    value = content.get("seed")
    if value is None:
        return 0
    if type(value) is int and abs(value) <= MOST_SEED:
        return value
    faults.append(told_at("seed", _("“%(value)s”不是整数。") % {"value": value}))
    return 0


def _hours_fault(error: HoursError) -> str:
    told = {
        HoursFault.NOT_A_TIME: _("“%(value)s”不是时间（HH:MM）。"),
        HoursFault.ENDS_BEFORE_IT_STARTS: _("%(value)s 的结束时间不晚于开始时间。"),
        HoursFault.OVERLAP: _("%(value)s 的时段互相重叠。"),
        HoursFault.NEVER_OPEN: _("一周至少要有一天营业。"),
        HoursFault.NOT_A_DAY: _("“%(value)s”不是星期，应为 mon、tue、wed、thu、fri、sat、sun。"),
        HoursFault.NOT_HOURS: _('“%(value)s”不是营业时间，应为 ["08:30", "17:30"]；不营业为 null。'),
    }
    return told[error.fault] % {"value": error.value}


# --- the rows ---------------------------------------------------------------------------------
def _rows(content: dict[str, Any], name: str, file: EventFile, faults: list[str]) -> list[Row]:
    values = content.get(name)
    if values is None:
        return []
    if not isinstance(values, list):
        faults.append(told_at(name, _("应为列表。")))
        return []
    rows = []
    for index, value in enumerate(values):
        place = f"{name}[{index}]"
        if not isinstance(value, dict):
            faults.append(told_at(place, _("应为 JSON 对象。")))
            continue
        unread = [f"{place}.{key}" for key in value if key not in FIELDS[name]]
        file.warnings += [told_at(each, _("未使用的字段。")) for each in unread]
        rows.append(Row(place, value, faults))
    return rows


def _once(row: Row, field: str, known: dict[str, Any]) -> str:
    """An id, which may stand only once among its kind."""
    name = row.text(field)
    if name in known:
        row.fault(field, _("“%(key)s”写了两次。") % {"key": name})
    return name


def _customer_of(file: EventFile, row: Row) -> str:
    name = row.text("customer")
    if name and name not in file.customers:
        row.fault("customer", _("文件中没有客户“%(name)s”。") % {"name": name})
    return name


def _vin_of(file: EventFile, row: Row) -> str:
    vin = row.text("vin")
    if vin and vin not in file.vehicles:
        row.fault("vin", _("文件中没有车辆“%(vin)s”。") % {"vin": vin})
    return vin


def _customer(file: EventFile, row: Row) -> None:
    name = _once(row, "id", file.customers)
    birthdays = row.days("birthday")
    if len(birthdays) > 1:
        row.fault("birthday", _("只能有一个日期。"))
    file.customers[name] = Customer(name, next(iter(birthdays), None))


def _vehicle(file: EventFile, row: Row) -> None:
    vin = _once(row, "vin", file.vehicles)
    intervals = Intervals(
        first_months=row.whole("first_service_months", 1, MOST_MONTHS),
        first_km=row.whole("first_service_km", 1, MOST_KM),
        months=row.whole("service_months", 1, MOST_MONTHS),
        km=row.whole("service_km", 1, MOST_KM),
    )
    customer = _customer_of(file, row)
    file.vehicles[vin] = Vehicle(vin, customer, intervals, row.days("inspection_due"), row.days("insurance_due"))


def _delivery(file: EventFile, row: Row) -> None:
    name, vin = _once(row, "id", file.deliveries), _vin_of(file, row)
    at = row.instant("date", file.calendar)
    if at is not None:
        file.deliveries[name] = Delivery(name, vin, at)


def _repair_order(file: EventFile, row: Row) -> None:
    name, vin = _once(row, "id", file.orders), _vin_of(file, row)
    opened = row.instant("opened", file.calendar)
    closed = row.instant("closed", file.calendar, required=False)
    kind = row.word("kind", OrderKind)
    mileage = row.whole("mileage", 0, MOST_KM)
    if opened is None or kind is None:
        return
    if closed is not None and closed < opened:
        same_day = file.calendar.day_of(opened) == file.calendar.day_of(closed)
        if not (same_day and read_day(row.values["closed"])):
            row.fault("closed", _("出厂时间早于开单时间。"))
        closed = opened
    file.orders[name] = RepairOrder(name, vin, opened, closed, kind, mileage)


def _complaint(file: EventFile, row: Row) -> None:
    """The same complaint may stand several times, once for each time it was solved."""
    name, customer = row.text("id"), _customer_of(file, row)
    solved = row.instants("solved", file.calendar)
    known = file.complaints.get(name)
    if known is not None:
        if known.customer != customer:
            row.fault("customer", _("同一张投诉单的客户不一致。"))
        if not (known.solved and solved):
            row.fault("id", _("“%(key)s”写了两次。") % {"key": name})
        solved = known.solved + solved
    if len(set(solved)) < len(solved):
        row.fault("solved", _("“%(key)s”的同一解决时间写了两次。") % {"key": name})
    file.complaints[name] = Complaint(name, customer, solved)


def _lost_lead(file: EventFile, row: Row) -> None:
    name, customer = _once(row, "id", file.lost_leads), _customer_of(file, row)
    at = row.instant("date", file.calendar)
    if at is not None:
        file.lost_leads[name] = LostLead(name, customer, at)


def _list_entry(file: EventFile, row: Row) -> None:
    name, customer = _once(row, "id", file.lost_list), _customer_of(file, row)
    at = row.instant("date", file.calendar)
    if at is not None:
        file.lost_list[name] = ListEntry(name, customer, at)


def _outcome(file: EventFile, row: Row, finish: Finish) -> None:
    rule, trigger, at = row.text("rule"), row.text("trigger"), row.instant("at", file.calendar)
    if at is not None:
        file.outcomes.append(NamedOutcome(row, rule, trigger, at, finish))
