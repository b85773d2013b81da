"""What screens and neighbours ask about doubles. A pair is shown side by side, numbers masked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from crm.doubles.models import Pair
from crm.doubles.policy import doubles
from crm.doubles.reasons import REASONS
from sanfang.kernel.permissions import Actor
from sanfang.messaging.numbers import masked_mobile

ALIASES = """
SELECT pair.kept, pair.at, alias.name, alias.number, alias.mobile, alias.landline
  FROM doubles_pair AS pair
 CROSS JOIN LATERAL jsonb_to_recordset(pair.aliases) AS alias (name text, number text, mobile text, landline text)
 WHERE pair.state = 'merged'
"""
"""(kept, at, name, number, mobile, landline): what merged customers were called and had before, both of the two."""

LABELS: dict[str, Any] = {
    "name": _("姓名"),
    "form_of_address": _("称呼"),
    "company": _("单位"),
    "gender": _("性别"),
    "birthday": _("生日"),
    "mobile": _("手机"),
    "landline": _("固定电话"),
    "address": _("地址"),
    "number": _("客户编号"),
}
"""The fields that may be chosen from either file, as they are shown."""
GENDERS = {"male": _("男"), "female": _("女")}
MASKED = {"mobile", "landline"}

SIDES = f"""
SELECT known.id, {", ".join(f"known.{name}" for name in LABELS)}, known.created_at::date AS since, known.do_not_call,
       (SELECT coalesce(array_agg(DISTINCT coalesce(nullif(car.plate, ''), car.vin)), '{{}}')
          FROM vehicles_ownership AS owned JOIN vehicles_vehicle AS car ON car.id = owned.vehicle_id
         WHERE owned.customer_id = known.id) AS cars,
       (SELECT count(*) FROM vehicles_repairorder AS row WHERE row.customer_id = known.id)
         + (SELECT count(*) FROM vehicles_delivery AS row WHERE row.customer_id = known.id) AS documents,
       (SELECT count(*) FROM followups_followup AS row WHERE row.customer_id = known.id AND row.attempts > 0) AS calls,
       (SELECT count(*) FROM complaints_complaint AS row WHERE row.customer_id = known.id) AS complaints
  FROM customers_customer AS known WHERE known.id = ANY(%s)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two files. ``says``: field → value as kept; ``shown``: as shown, numbers masked."""

    id: UUID
    name: str
    says: dict[str, Any]
    shown: dict[str, Any]
    since: date
    do_not_call: bool
    cars: tuple[str, ...]
    documents: int
    calls: int
    complaints: int


@dataclass(frozen=True, slots=True)
class PairRow:
    """``sides``: both files; of a merged pair the one that is left. ``differs_at``: which digits of the two mobiles
    differ, counted from 1 (they are masked, so it is said)."""

    id: UUID
    state: str
    reasons: list[Any]
    sides: list[Side]
    differs_at: list[int]
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A field of the two side by side. ``same``: nothing to choose; ``first``: the first file's is proposed."""

    name: str
    label: Any
    values: tuple[Any, Any]
    same: bool
    first: bool


@dataclass(frozen=True, slots=True)
class PairPage:
    pair: PairRow
    choices: list[Choice]
    position: int
    waiting: int
    next: UUID | None


def get(actor: Actor, key: UUID | str) -> Pair:
    return doubles.get(actor, key, "decide")


def waiting(actor: Actor, *, limit: int = 100) -> tuple[list[PairRow], int]:
    """Pairs to be looked at, those with the most reasons first; and how many there are. Three statements."""
    rows = doubles.visible(actor).filter(state=Pair.State.FOUND)
    found = sorted(rows.select_related("by")[: 20 * limit], key=_urgency)
    return _shown(found[:limit]), rows.count()


def decided(actor: Actor, *, limit: int = 100) -> list[PairRow]:
    """What was decided, newest first; two statements."""
    rows = doubles.visible(actor).exclude(state=Pair.State.FOUND).select_related("by").order_by("-at", "-pk")
    return _shown(list(rows[:limit]))


def page(actor: Actor, key: UUID | str) -> PairPage:
    """One pair with what may be chosen, and the one that comes after it."""
    pair = get(actor, key)
    rows, many = waiting(actor)
    [row] = _shown([pair], whole=False)
    order = [one.id for one in rows]
    place = order.index(pair.pk) if pair.pk in order else -1
    after = order[place + 1 : place + 2] or [one for one in order[:1] if one != pair.pk]
    choices = _choices(*row.sides) if len(row.sides) == 2 else []
    return PairPage(row, choices, place + 1, many, after[0] if after else None)


def next_after(actor: Actor, key: UUID) -> UUID | None:
    """The pair to look at once this one is decided."""
    rows, _many = waiting(actor, limit=2)
    return next((row.id for row in rows if row.id != key), None)


def _urgency(pair: Pair) -> tuple[int, int, UUID]:
    places = [place for place, reason in enumerate(REASONS) if reason in pair.reasons]
    return -len(places), min(places, default=99), pair.pk


def _shown(pairs: list[Pair], *, whole: bool = True) -> list[PairRow]:
    """``whole``: without pairs to be decided of which a file is gone: somebody merged it into a third just now."""
    sides = _sides({key for pair in pairs for key in (pair.first, pair.second)})
    rows = []
    for pair in pairs:
        both = [sides[key] for key in (pair.first, pair.second) if key in sides]
        if whole and pair.state == Pair.State.FOUND and len(both) < 2:
            continue
        rows.append(
            PairRow(
                id=pair.pk,
                state=pair.state,
                reasons=[label for reason, label in REASONS.items() if reason in pair.reasons],
                sides=both,
                differs_at=_differs_at(*(one.says["mobile"] for one in both)) if len(both) == 2 else [],
                at=pair.at,
                by=pair.by.name if pair.by else "",
            )
        )
    return rows


def _sides(ids: Collection[UUID]) -> dict[UUID, Side]:
    with connection.cursor() as cursor:
        cursor.execute(SIDES, [list(ids)])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["id"]: _side(row) for row in rows}


def _side(row: dict[str, Any]) -> Side:
    says = {name: row[name] for name in LABELS}
    shown = {name: masked_mobile(value) if name in MASKED else value for name, value in says.items()}
    shown["gender"] = GENDERS.get(says["gender"], "")
    shown["company"] = _("单位") if says["company"] else _("个人")
    cars = row["cars"]
    return Side(
        row["id"], row["name"], says, shown, row["since"], row["do_not_call"], tuple(cars), row["documents"],
        row["calls"], row["complaints"],
    )  # fmt: skip


def _choices(first: Side, second: Side) -> list[Choice]:
    """Proposed is the file with more documents, and for each field the one that says something."""
    prefer = first.documents >= second.documents
    found = []
    for name, label in LABELS.items():
        one, other = first.says[name], second.says[name]
        says = bool(one) if bool(one) != bool(other) else prefer
        found.append(Choice(name, label, (first.shown[name], second.shown[name]), one == other, says))
    return found


def _differs_at(one: str, other: str) -> list[int]:
    if len(one) != len(other) or one == other:
        return []
    return [place for place, (a, b) in enumerate(zip(one, other, strict=True), 1) if a != b]
