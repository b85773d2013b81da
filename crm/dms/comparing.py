"""The staged file against the store: who is who, and what becomes of each document. Writes staging tables only."""

from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from crm.customers import actions as customers
from crm.dms.fields import LISTS
from crm.dms.models import StagedDocument, StagedPerson, StagedVerdict
from crm.dms.progress import Watch
from crm.dms.records import Fault
from crm.leads import actions as leads
from crm.vehicles import actions as vehicles

DOCUMENTS, PERSONS, VERDICTS = (model._meta.db_table for model in (StagedDocument, StagedPerson, StagedVerdict))

JUDGED = f"""(
    SELECT doc.*, verdict.verdict, verdict.document_id, verdict.vehicle_id, verdict.customer_id
      FROM {DOCUMENTS} AS doc JOIN {VERDICTS} AS verdict USING (line)
)"""  # noqa: S608
"""Staged documents with their fate: what the neighbouring apps are given as ``told``."""

STANDING = f"(SELECT * FROM {DOCUMENTS} WHERE NOT cancelled AND NOT internal AND person > 0)"  # noqa: S608

WITH_CUSTOMER = f"""(
    SELECT doc.*, coalesce(person.customer_id, beside.customer_id, owner.customer_id) AS customer_id
      FROM {DOCUMENTS} AS doc
      LEFT JOIN {PERSONS} AS person ON person.person = doc.person
      LEFT JOIN (
          SELECT DISTINCT ON (doc.vin) doc.vin, person.customer_id
            FROM {STANDING} AS doc JOIN {PERSONS} AS person USING (person)
           ORDER BY doc.vin, doc.happened DESC, doc.line DESC
      ) AS beside ON doc.person = 0 AND beside.vin = doc.vin
      LEFT JOIN ({vehicles.OWNERS}) AS owner ON doc.person = 0 AND owner.vin = doc.vin
)"""  # noqa: S608
"""A document that names nobody is the car's owner's: by the file itself, else as stored."""

FEW = 5_000
"""Documents up to which looking stored rows up one by one beats reading whole tables."""


@dataclass(slots=True)
class Counts:
    """Rows of the file by what becomes of them; ``documents``: how many new and changed documents there are."""

    new: int = 0
    changed: int = 0
    same: int = 0
    documents: int = 0


def prepare(documents: int) -> None:
    """For this transaction: no time limit, room to sort in, and plans fit for so many documents."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL jit = off")
        if documents > FEW:
            cursor.execute("SET LOCAL enable_nestloop = off")
        # Only of what plans depend on: samples of all the other texts cost more than they tell.
        cursor.execute(f"ANALYZE {DOCUMENTS} (line, number, person, vin, customer_number, name, mobile), {PERSONS}")


def compare(kind: str, zone: str, watch: Watch) -> Counts:
    """Fills in the verdicts and counts them."""
    _find_persons(kind)
    watch.written(0.15)
    _judge(kind)
    watch.written(0.3)
    counts = _counted()
    if counts.same:
        _notice_news(zone)
        counts = _counted()
    return counts


def last_seen(zone: str) -> str:
    """SQL that gives (customer_id, at): when a stored document or list last told something of a customer."""
    return f"{vehicles.last_seen(zone)} UNION ALL {leads.last_seen(zone)}"


def _find_persons(kind: str) -> None:
    kept = leads if kind in LISTS else vehicles
    match = customers.match_persons(STANDING, PERSONS, vehicles.PAST_OWNERS, kept.named_on(kind))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH known AS MATERIALIZED ({match}), everybody AS MATERIALIZED (
                SELECT person.root, known.id FROM {PERSONS} AS person LEFT JOIN known USING (root)
                 WHERE person.person = person.root
            ), named AS MATERIALIZED (
                SELECT root, coalesce(id, public.sanfang_uuid7()) AS id, id IS NULL AS fresh FROM everybody
            )
            UPDATE {PERSONS} AS person SET customer_id = named.id, fresh = named.fresh
              FROM named WHERE named.root = person.root
            """  # noqa: S608
        )


def _judge(kind: str) -> None:
    kept = leads if kind in LISTS else vehicles
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {VERDICTS} (line, verdict, document_id, vehicle_id, customer_id)
            SELECT line, verdict, document_id, vehicle_id, customer_id
              FROM ({kept.verdicts(kind, WITH_CUSTOMER)}) AS judged
            """  # noqa: S608
        )
        cursor.execute(f"ANALYZE {VERDICTS}")


def _notice_news(zone: str) -> None:
    """A document that is stored as it is, but whose row tells something new of its owner or car, is changed."""
    with connection.cursor() as cursor:
        for news in (
            customers.news_of_persons(JUDGED, last_seen(zone)),
            vehicles.news_of_cars(JUDGED, zone),
        ):
            cursor.execute(
                f"""
                WITH news AS MATERIALIZED ({news})
                UPDATE {VERDICTS} AS verdict SET verdict = 'changed'
                  FROM news WHERE verdict.line = news.line AND verdict.verdict = 'same'
                """  # noqa: S608
            )


def _counted() -> Counts:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT verdict, sum(lines), count(*) FROM {JUDGED} AS doc GROUP BY verdict")  # noqa: S608
        found = {verdict: (lines, documents) for verdict, lines, documents in cursor.fetchall()}
    rows = {verdict: lines for verdict, (lines, _documents) in found.items()}
    return Counts(
        new=rows.get("new", 0),
        changed=rows.get("changed", 0),
        same=rows.get("same", 0) + rows.get("nothing", 0),
        documents=sum(documents for verdict, (_lines, documents) in found.items() if verdict in {"new", "changed"}),
    )


def numbers_known_wrong(headers: dict[str, str]) -> list[Fault]:
    """A warning for each row that brings back a number that was found wrong for its customer.

    ``headers``: the file's column for ``mobile`` and ``landline``.
    """
    with connection.cursor() as cursor:
        again = customers.wrong_again(JUDGED)
        cursor.execute(f"SELECT line, field, value FROM ({again}) AS again ORDER BY line, field")  # noqa: S608
        found = cursor.fetchall()
    reason = _("号码“%(value)s”已核实不是该客户的，未导入；行内其余内容已导入，请在 DMS 中更正")
    return [Fault(line, headers.get(field, ""), reason % {"value": value}) for line, field, value in found]


def nobody_known(column: str) -> list[Fault]:
    """Rows of a list that name only a car, of which the store knows no owner. ``column``: the file's for the VIN."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT line FROM {JUDGED} AS doc WHERE verdict = 'nothing' AND NOT cancelled ORDER BY line"  # noqa: S608
        )
        found = [line for (line,) in cursor.fetchall()]
    reason = _("本行没有姓名和电话，本店也没有这辆车的车主，无人可访，未导入；请补上车主和电话")
    return [Fault(line, column, reason) for line in found]
