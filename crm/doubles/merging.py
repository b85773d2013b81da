"""Two customer files become one, and can become two again. The history is the journal of both (sanfang.audit.journal).

Every row that names the customer who goes is given to the one who stays: no app is asked, so none can be forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm.doubles.models import Pair
from crm.doubles.policy import doubles
from crm.followups import actions as followups
from crm.vehicles import actions as vehicles
from sanfang.audit import journal
from sanfang.audit.actions import record_event
from sanfang.audit.journal import Journal
from sanfang.kernel.errors import Conflict, DomainError
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import current_tenant, inside

TABLE = "customers_customer"
FIELDS = (
    "name", "form_of_address", "company", "gender", "birthday", "mobile", "landline", "address", "number",
)  # fmt: skip
"""What may be chosen from either file. A mobile brings along whether it was verified; who doesn't want to be called
on one file doesn't want it on both."""
KEPT_APART = {"followups_hold", "doubles_pair"}
"""Rows that aren't given over: a hold ends by itself and stops the merge while it lasts."""


@dataclass(slots=True)
class Apart:
    """What taking apart came to: rows given back, and those that stay because they have changed since, by table."""

    given_back: int = 0
    stays: dict[str, int] = field(default_factory=dict)


def merge(actor: Actor, pair: Pair, *, keep: UUID, chosen: Mapping[str, UUID], now: datetime) -> None:
    """``keep``: whose file stays. ``chosen``: field → of which of the two the value is taken; the rest is of ``keep``.

    Raises :class:`Conflict` when one of them is on the phone, or gone meanwhile.
    """
    doubles.require(actor, "decide")
    if keep not in (pair.first, pair.second) or not set(chosen.values()) <= {pair.first, pair.second}:
        raise DomainError(_("请选择保留哪一份档案。"), code="unknown_customer", field="keep")
    gone = pair.second if keep == pair.first else pair.first
    request = {"actor": str(actor.staff_id), "request_id": str(pair.pk)}
    with inside(current_tenant(), **request), transaction.atomic():
        known = _both(keep, gone, now)
        moved = Pair.objects.filter(pk=pair.pk).exclude(state=Pair.State.MERGED)
        if not moved.update(state=Pair.State.MERGED, by_id=actor.staff_id, at=now, kept=keep):
            raise Conflict(_("这两份档案刚刚已经合并，请刷新页面。"), code="merged")
        after = journal.newest()
        _give_over(gone, keep)
        _choose(keep, gone, {name: chosen.get(name, keep) for name in FIELDS}, now)
        journal.remove(TABLE, [gone])
        cars = _cars_of(keep)
        vehicles.settle_owners(cars, current_tenant().time_zone)
        Pair.objects.filter(pk=pair.pk).update(
            aliases=[{name: known[who][name] for name in ("name", "number", "mobile", "landline")} for who in known],
            journal_after=after,
            journal_until=journal.newest(),
        )
        Pair.objects.filter(state=Pair.State.FOUND, first=gone).delete()
        Pair.objects.filter(state=Pair.State.FOUND, second=gone).delete()
        record_event(actor, pair, "customer.merged", now, kept=str(keep), gone=str(gone))
        followups.replan(cars, customer_ids=[keep])


def take_apart(actor: Actor, pair: Pair, *, now: datetime) -> Apart:
    """The two are two again, each with what was theirs. What has come or changed since stays with the one kept."""
    doubles.require(actor, "decide")
    request = {"actor": str(actor.staff_id), "request_id": f"apart{pair.pk.hex}"}
    with inside(current_tenant(), **request), transaction.atomic():
        merged = Pair.objects.select_for_update().filter(pk=pair.pk, state=Pair.State.MERGED).first()
        if merged is None:
            raise Conflict(_("这两份档案没有合并，或刚刚已经拆开，请刷新页面。"), code="not_merged")
        assert merged.kept is not None
        if not _there([merged.kept]):
            raise Conflict(_("保留的档案后来又合并到另一份，请先拆开那一次。"), code="merged_again")
        mine = Journal(str(pair.pk), merged.journal_after or 0, merged.journal_until)
        apart = Apart()
        mine.bring_back(TABLE)
        for table in [TABLE, *dict.fromkeys(table for table, _column in _naming())]:
            if table == "vehicles_ownership":
                continue
            if table != TABLE:
                mine.bring_back(table)
            apart.given_back += len(mine.give_back(table, now))
            if stays := len(mine.changed_since(table)):
                apart.stays[table] = stays
        gone = merged.second if merged.kept == merged.first else merged.first
        cars = _cars_of(merged.kept, gone)
        vehicles.settle_owners(cars, current_tenant().time_zone)
        Pair.objects.filter(pk=pair.pk).update(state=Pair.State.APART, by_id=actor.staff_id, at=now, aliases=[])
        record_event(actor, pair, "customer.taken_apart", now, kept=str(merged.kept), again=str(gone))
        followups.replan(cars, customer_ids=[merged.kept, gone])
    return apart


def _both(keep: UUID, gone: UUID, now: datetime) -> dict[UUID, dict[str, Any]]:
    """Both rows, locked in the order of their ids, while nobody is calling either of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {', '.join(FIELDS)} FROM {TABLE} WHERE id = ANY(%s) ORDER BY id FOR UPDATE",  # noqa: S608
            [[keep, gone]],
        )
        found = {row[0]: dict(zip(("id", *FIELDS), row, strict=True)) for row in cursor.fetchall()}
        if len(found) < 2:
            raise Conflict(_("其中一份档案已不在，请刷新页面。"), code="gone")
        cursor.execute(
            "SELECT staff.name FROM followups_hold AS hold JOIN staff ON staff.id = hold.staff_id "
            "WHERE hold.customer_id = ANY(%s) AND hold.until > %s",
            [[keep, gone], now],
        )
        if row := cursor.fetchone():
            raise Conflict(_("%(name)s正在回访这位客户，请稍后再合并。") % {"name": row[0]}, code="held")
        cursor.execute("DELETE FROM followups_hold WHERE customer_id = %s", [gone])
        cursor.execute("DELETE FROM followups_planstate WHERE id = %s", [gone])
    return found


def _naming() -> list[tuple[str, str]]:
    """(table, column) of everything that names a customer, with a constraint or without (messages)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND column_name = 'customer_id' AND data_type = 'uuid' AND table_name NOT LIKE 'dms\\_staged%%' ORDER BY 1"
        )
        unbound = cursor.fetchall()
    named = dict.fromkeys([*journal.references(TABLE), *((table, column) for table, column in unbound)])
    return [(table, column) for table, column in named if table not in KEPT_APART]


def _give_over(gone: UUID, keep: UUID) -> None:
    """Rows that the one kept has already (the same wrong number) go; all others are theirs from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM customers_trackingitem AS twice USING customers_trackingitem AS known
             WHERE twice.customer_id = %s AND known.customer_id = %s
               AND (known.field, known.wrong_value) = (twice.field, twice.wrong_value)
            """,
            [gone, keep],
        )
        for table, column in _naming():
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {column} = %s", [keep, gone])  # noqa: S608


def _choose(keep: UUID, gone: UUID, chosen: Mapping[str, UUID], now: datetime) -> None:
    """The fields as they were chosen; what the one kept leaves empty is filled from the other."""
    taken = [name for name, who in chosen.items() if who == gone]
    filled = [name for name in FIELDS if name not in taken and name != "company"]
    says = [f"{name} = gone.{name}" for name in taken]
    says += [f"{name} = coalesce(nullif(kept.{name}::text, ''), gone.{name}::text)::{_type(name)}" for name in filled]
    mobile = "true" if "mobile" in taken else "kept.mobile = ''"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {TABLE} AS kept
               SET {", ".join(says)}, do_not_call = kept.do_not_call OR gone.do_not_call, updated_at = %s,
                   mobile_state = CASE WHEN {mobile} THEN gone.mobile_state ELSE kept.mobile_state END
              FROM {TABLE} AS gone WHERE kept.id = %s AND gone.id = %s
            """,  # noqa: S608
            [now, keep, gone],
        )


def _type(name: str) -> str:
    return "date" if name == "birthday" else "text"


def _cars_of(*customers: UUID) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT vehicle_id FROM vehicles_ownership WHERE customer_id = ANY(%(who)s)
            UNION SELECT vehicle_id FROM vehicles_delivery WHERE customer_id = ANY(%(who)s)
            UNION SELECT vehicle_id FROM vehicles_repairorder WHERE customer_id = ANY(%(who)s)
            """,
            {"who": list(customers)},
        )
        return [row[0] for row in cursor.fetchall()]


def _there(ids: list[UUID]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE} WHERE id = ANY(%s)", [ids])  # noqa: S608
        return int(cursor.fetchone()[0]) == len(ids)
