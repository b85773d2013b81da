"""Owners out of DMS files: found among the stored customers, made, brought up to date. Set-based.

``told`` is always a relation (a table's name or a sub-select) with a row per document; ``persons`` one that
says which row names which person. Their columns are those of ``crm.dms.models``.
"""

from datetime import datetime

from django.db import connection

from crm.customers.queries import KNOWN_WRONG
from crm.doubles.queries import ALIASES
from sanfang.tenancy.context import current_tenant

NAMELESS = "未留姓名"
"""Stands for the name of somebody who left only a telephone number. Data, like every name: not translated."""


def plain_name(column: str) -> str:
    """SQL for a name without what people write or leave out in it; empty for :data:`NAMELESS`."""
    return f"translate(lower(nullif({column}, '{NAMELESS}')), ' ·•・.', '')"


MATCH = """
WITH told AS MATERIALIZED (
    SELECT DISTINCT person.root, coalesce({plain_told}, '') AS plain, doc.customer_number, doc.mobile, doc.landline,
           doc.vin, doc.number
      FROM {told} AS doc JOIN {persons} AS person USING (person)
), known AS MATERIALIZED (
    SELECT id, number, mobile, landline, coalesce({plain_known}, '') AS plain, created_at FROM customers_customer
    UNION ALL
    SELECT kept, number, mobile, landline, coalesce({plain_known}, ''), at FROM ({aliases}) AS alias
), found AS (
    SELECT told.root, known.id, 1 AS rank, known.created_at
      FROM told JOIN known ON known.number = told.customer_number AND known.plain = told.plain
     WHERE told.customer_number <> '' AND told.plain <> ''
    UNION ALL
    SELECT told.root, known.id, 2, known.created_at
      FROM told JOIN known ON known.mobile = told.mobile AND known.plain = told.plain
     WHERE told.mobile <> ''
    UNION ALL
    SELECT told.root, known.id, 3, known.created_at
      FROM told JOIN ({known_wrong}) AS wrong ON wrong.wrong_value IN (told.mobile, told.landline)
      JOIN known ON known.id = wrong.customer_id AND known.plain = told.plain
    UNION ALL
    SELECT told.root, known.id, 4, known.created_at
      FROM told JOIN known ON known.landline = told.landline AND known.plain = told.plain
     WHERE told.mobile = '' AND told.landline <> ''
    UNION ALL
    SELECT told.root, known.id, 5, known.created_at
      FROM told JOIN ({past_owners}) AS owner ON owner.vin = told.vin
      JOIN known ON known.id = owner.customer_id AND known.plain = told.plain
     WHERE told.plain <> ''
    UNION ALL
    SELECT told.root, known.id, 6, known.created_at
      FROM told JOIN ({past_owners}) AS owner ON owner.vin = told.vin
      JOIN known ON known.id = owner.customer_id
     WHERE told.plain = '' AND (told.mobile IN (known.mobile, known.landline)
                                OR (told.mobile = '' AND told.landline = known.landline))
    UNION ALL
    SELECT told.root, known.id, 7, known.created_at
      FROM told JOIN ({named_on}) AS stored ON stored.number = told.number
      JOIN known ON known.id = stored.customer_id
     WHERE (told.mobile <> '' AND told.mobile = known.mobile)
        OR (told.customer_number <> '' AND told.customer_number = known.number)
)
SELECT DISTINCT ON (root) root, id FROM found ORDER BY root, rank, created_at, id
"""
"""Which stored customer each person of the file is; none for a new one. The first that holds:

1. the DMS's customer number and the name (the number alone passes on with the car)
2. mobile and name
3. a number that was once found wrong for a customer of this name: it doesn't come back under a second file
4. without a mobile: landline and name
5. name and a car that they have or had: the same person with a new number
6. without a name: the owner of the car by their number
7. the person whom this very document named before, by number: the DMS has corrected the name

Of two who were merged each of the two finds the one who is left.
"""


def match_persons(told: str, persons: str, past_owners: str, named_on: str) -> str:
    """SQL that gives (root, id). ``past_owners``: (vin, customer_id); ``named_on``: (number, customer_id)."""
    return MATCH.format(
        told=told,
        persons=persons,
        past_owners=past_owners,
        named_on=named_on,
        known_wrong=KNOWN_WRONG,
        plain_told=plain_name("doc.name"),
        plain_known=plain_name("name"),
        aliases=ALIASES,
    )


_TEXTS = ("number", "form_of_address", "gender", "mobile", "landline", "address")
_COLUMNS = ("name", *_TEXTS, "company")

_LATEST = "(array_agg({0} ORDER BY happened DESC NULLS LAST, line DESC) FILTER (WHERE {0} <> '' AND {1} old))[1]"

EFFECTIVE = """
WITH told AS (
    SELECT doc.line, doc.happened, doc.customer_id, doc.form_of_address, doc.gender, doc.address, doc.company,
           CASE WHEN doc.name = ANY (settled.names) THEN '' ELSE doc.name END AS name,
           CASE WHEN doc.customer_number = ANY (settled.numbers) THEN '' ELSE doc.customer_number END AS number,
           CASE WHEN bad_mobile.customer_id IS NULL AND NOT coalesce(doc.mobile = ANY (settled.mobiles), false)
                THEN doc.mobile ELSE '' END AS mobile,
           CASE WHEN bad_landline.customer_id IS NULL AND NOT coalesce(doc.landline = ANY (settled.landlines), false)
                THEN doc.landline ELSE '' END AS landline,
           coalesce(doc.happened < since.at, false) AS old
      FROM {told} AS doc
      LEFT JOIN (
          SELECT customer_id, max(at) AS at FROM (
              {last_seen}
              UNION ALL
              SELECT customer_id, corrected_at FROM customers_trackingitem WHERE corrected_at IS NOT NULL
          ) AS sight GROUP BY customer_id
      ) AS since ON since.customer_id = doc.customer_id
      LEFT JOIN (
          SELECT kept, array_agg(name) AS names, array_agg(number) AS numbers, array_agg(mobile) AS mobiles,
                 array_agg(landline) AS landlines
            FROM ({aliases}) AS alias GROUP BY kept
      ) AS settled ON settled.kept = doc.customer_id
      LEFT JOIN ({known_wrong}) AS bad_mobile
        ON bad_mobile.customer_id = doc.customer_id AND bad_mobile.wrong_value = doc.mobile
      LEFT JOIN ({known_wrong}) AS bad_landline
        ON bad_landline.customer_id = doc.customer_id AND bad_landline.wrong_value = doc.landline
     WHERE doc.customer_id IS NOT NULL AND doc.person > 0
), said AS (
    SELECT customer_id, bool_or(company) AS company, {latest} FROM told GROUP BY customer_id
)
SELECT said.customer_id AS id, known.id IS NULL AS fresh,
       CASE WHEN known.id IS NULL OR known.name = '{nameless}' THEN coalesce(new_name, old_name, '{nameless}')
            WHEN {plain_known} <> {plain_said} THEN new_name
            ELSE known.name END AS name,
       coalesce(known.company, false) OR said.company AS company, {effective}
  FROM said LEFT JOIN customers_customer AS known ON known.id = said.customer_id
"""
"""What each customer's file says once these documents are in.

Of several documents the latest that fills a field tells it. A document from before what the store already knows of
the customer (their latest document, or a correction by hand) only fills what is empty; nothing empties a field. A
number found wrong for this customer is as good as none. Of a customer who was merged from two, what either of the two
said is settled: somebody chose between them.
"""


def _effective(told: str, last_seen: str) -> str:
    fields = ("name", *_TEXTS)
    latest = [_LATEST.format(name, "NOT") + f" AS new_{name}" for name in fields]
    latest += [_LATEST.format(name, "") + f" AS old_{name}" for name in fields]
    effective = [
        f"coalesce(said.new_{name}, nullif(known.{name}, ''), said.old_{name}, '') AS {name}" for name in _TEXTS
    ]
    return EFFECTIVE.format(
        told=told,
        last_seen=last_seen,
        known_wrong=KNOWN_WRONG,
        latest=", ".join(latest),
        effective=", ".join(effective),
        nameless=NAMELESS,
        aliases=ALIASES,
        plain_known=plain_name("known.name"),
        plain_said=plain_name("new_name"),
    )


def news_of_persons(told: str, last_seen: str) -> str:
    """SQL that gives the lines that tell something of a known customer that wasn't known. Changes nothing."""
    says = " OR ".join(
        f"(fresh.{name} <> known.{name} AND doc.{'customer_number' if name == 'number' else name} = fresh.{name})"
        for name in ("name", *_TEXTS)
    )
    return f"""
        SELECT doc.line FROM ({_effective(told, last_seen)}) AS fresh
          JOIN customers_customer AS known ON known.id = fresh.id
          JOIN {told} AS doc ON doc.customer_id = fresh.id AND doc.person > 0
         WHERE {says} OR (fresh.company AND NOT known.company AND doc.company)
    """  # noqa: S608


def take_in_persons(told: str, last_seen: str, *, now: datetime) -> tuple[int, int]:
    """Makes the customers that aren't there and updates those of whom something new is told; (made, updated).

    ``last_seen``: SQL that gives (customer_id, at) of the documents stored before. A new mobile hasn't been verified.
    """
    current_tenant()
    columns = ", ".join(_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH fresh AS MATERIALIZED ({_effective(told, last_seen)}), made AS (
                INSERT INTO customers_customer
                       (id, {columns}, mobile_state, do_not_call, created_at, updated_at)
                SELECT id, {columns}, 'unverified', false, %(now)s, %(now)s FROM fresh WHERE fresh
                RETURNING 1
            ), updated AS (
                UPDATE customers_customer AS known
                   SET ({columns}) = ROW({", ".join(f"fresh.{name}" for name in _COLUMNS)}),
                       mobile_state = CASE WHEN known.mobile = fresh.mobile THEN known.mobile_state
                                           ELSE 'unverified' END,
                       updated_at = %(now)s
                  FROM fresh
                 WHERE known.id = fresh.id AND NOT fresh.fresh
                   AND ({", ".join(f"known.{name}" for name in _COLUMNS)})
                       IS DISTINCT FROM ({", ".join(f"fresh.{name}" for name in _COLUMNS)})
                RETURNING 1
            )
            SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM updated)
            """,  # noqa: S608
            {"now": now},
        )
        made, updated = cursor.fetchone()
    return made, updated


def wrong_again(told: str) -> str:
    """SQL that gives (line, field, value) where a row brings a number found wrong for its customer."""
    return " UNION ALL ".join(
        f"SELECT doc.line, '{field}' AS field, doc.{field} AS value FROM {told} AS doc "  # noqa: S608
        f"JOIN ({KNOWN_WRONG}) AS wrong ON wrong.customer_id = doc.customer_id AND wrong.wrong_value = doc.{field}"
        for field in ("mobile", "landline")
    )
