"""The kinds of KPIs. Each is one SELECT: a row for everything in the denominator, with what it adds to both sides.

Columns: ``id`` of the record, ``day`` (the store's) that decides the month, ``staff`` whose work it was, ``rule``,
``part`` and ``whole``. A KPI is sum(part) / sum(whole), or sum(part) where there is no whole; its records, its months,
its people and its rules are the same SELECT filtered or grouped, so a figure and what stands behind it can't differ.

``{name}`` is a value: the range (``start`` to before ``end``, instants; ``first_day`` to before ``end_day``), ``now``,
``today``, ``zone``, ``go_live``, or the definition's own (rules, within_days, …). ``{last}`` and ``{staff}`` are there
when people matter, because that costs a join.
"""

from dataclasses import dataclass
from typing import Any

from crm.followups.queries import CONNECTED

LAST = "LEFT JOIN followups_attempt AS last ON last.follow_up_id = f.id AND last.number = f.attempts"
STAFF = "coalesce(last.staff_id, f.assignee_id)"
COUNTED = "NOT o.cancelled AND NOT o.internal"

HITS = {
    "attempted": "f.attempts > 0",
    "completed": "f.state = 'completed'",
    "in_time": "f.state = 'completed' AND f.ended_at <= f.due",
    "reached": """EXISTS (SELECT FROM followups_attempt AS a
                           WHERE a.follow_up_id = f.id AND a.outcome = ANY({connected}::text[]))""",
}

# What has come due: not greetings by message, not what a visit answered or nothing asks for any more, and not what
# nobody could do, because the customer takes no calls.
CALLS = """
SELECT f.id, (f.due AT TIME ZONE {zone})::date AS day, {staff} AS staff, f.rule, (HIT)::int AS part, 1 AS whole
  FROM followups_followup AS f {last}
 WHERE f.due >= {start} AND f.due < {end} AND f.due < {now} AND f.rule = ANY({rules}::text[])
   AND f.channel <> 'sms' AND f.state IN ('open', 'completed', 'given_up')
   AND NOT (f.state = 'open' AND f.attempts = 0
            AND EXISTS (SELECT FROM customers_customer AS c WHERE c.id = f.customer_id AND c.do_not_call))
"""

CHECKS = """
SELECT k.id, (k.checked_at AT TIME ZONE {zone})::date AS day, k.staff_id AS staff, f.rule, k.passed::int AS part,
       1 AS whole
  FROM checks_check AS k
  JOIN followups_attempt AS a ON a.id = k.attempt_id
  JOIN followups_followup AS f ON f.id = a.follow_up_id
 WHERE k.checked_at >= {start} AND k.checked_at < {end} AND k.checked_at <= {now}
"""

# A car is due by its reminder, and came if it had a service after what the reminder counted from.
RECALL = """
SELECT f.id, (f.due AT TIME ZONE {zone})::date AS day, {staff} AS staff, f.rule,
       EXISTS (SELECT FROM vehicles_repairorder AS o
                WHERE o.vehicle_id = f.vehicle_id AND o.kind IN ('service', 'first_service') AND COUNTED
                  AND (o.opened_at AT TIME ZONE {zone})::date > f.trigger_on
                  AND o.opened_at <= f.due + make_interval(days => {within_days}) AND o.opened_at <= {now}
              )::int AS part, 1 AS whole
  FROM followups_followup AS f {last}
 WHERE f.due >= {start} AND f.due < {end} AND f.due < {now} AND f.rule = ANY({rules}::text[])
   AND f.trigger_kind = {trigger} AND f.state <> 'withdrawn'
"""

# The first visit after each completed call, once even if several calls led to it.
RECOVERED = """
SELECT DISTINCT ON (o.id) o.id, (o.opened_at AT TIME ZONE {zone})::date AS day, {staff} AS staff, f.rule, 1 AS part,
       NULL::int AS whole
  FROM followups_followup AS f {last}
 CROSS JOIN LATERAL (
       SELECT o.id, o.opened_at
         FROM (SELECT o.* FROM vehicles_repairorder AS o WHERE o.vehicle_id = f.vehicle_id
               UNION ALL
               SELECT o.* FROM vehicles_repairorder AS o WHERE f.vehicle_id IS NULL AND o.customer_id = f.customer_id
              ) AS o
        WHERE COUNTED AND o.opened_at > f.ended_at
        ORDER BY o.opened_at, o.id LIMIT 1) AS o
 WHERE f.rule = ANY({rules}::text[]) AND f.state = 'completed'
   AND f.ended_at >= {start}::timestamptz - make_interval(days => {within_days}) AND f.ended_at < {end}
   AND o.opened_at <= f.ended_at + make_interval(days => {within_days})
   AND o.opened_at >= {start} AND o.opened_at < {end} AND o.opened_at <= {now}
 ORDER BY o.id, f.ended_at DESC, f.id
"""

LEADS = """
SELECT l.id, l.day, {staff} AS staff, coalesce(f.rule, '') AS rule, (coalesce(f.attempts, 0) > 0)::int AS part,
       1 AS whole
  FROM leads_lead AS l
  LEFT JOIN followups_followup AS f ON f.trigger = l.id::text AND f.rule = ANY({rules}::text[]) {last}
 WHERE l.kind = 'lost_leads' AND NOT l.cancelled
   AND l.day >= {first_day} AND l.day < {end_day}
   AND l.day <= {today}
"""

# An order whose call still has time is neither done nor missed.
WARRANTY = """
SELECT o.id, (o.closed_at AT TIME ZONE {zone})::date AS day, {staff} AS staff, coalesce(f.rule, '') AS rule,
       coalesce(f.state = 'completed', false)::int AS part, 1 AS whole
  FROM vehicles_repairorder AS o
  LEFT JOIN followups_followup AS f ON f.trigger = o.id::text AND f.rule = ANY({rules}::text[]) {last}
 WHERE o.closed_at >= {start} AND o.closed_at < {end} AND o.closed_at <= {now} AND COUNTED
   AND (o.kind = 'warranty' OR o.claim) AND (o.closed_at AT TIME ZONE {zone})::date >= {go_live}
   AND NOT coalesce(f.state = 'open' AND f.due >= {now}, false)
"""

ANSWERS = """
SELECT r.id, (r.at AT TIME ZONE {zone})::date AS day, r.by_id AS staff, coalesce(f.rule, '') AS rule, said.part,
       said.whole
  FROM surveys_response AS r
  LEFT JOIN followups_followup AS f ON f.id = r.follow_up_id
 CROSS JOIN LATERAL (
       SELECT COUNTING
         FROM (SELECT (r.answers -> asked ->> 'value')::int AS value
                 FROM unnest({questions}::text[]) AS asked
                WHERE jsonb_typeof(r.answers -> asked -> 'value') = 'number') AS one) AS said
 WHERE r.at >= {start} AND r.at < {end} AND r.at <= {now} AND r.questionnaire = ANY({questionnaires}::text[])
   AND said.whole > 0
"""

CONTACTS = """
SELECT c.id, (c.registered_at AT TIME ZONE {zone})::date AS day, c.contacted_by_id AS staff, '' AS rule,
       coalesce(c.contacted_at <= c.contact_due, false)::int AS part, 1 AS whole
  FROM complaints_complaint AS c
 WHERE c.registered_at >= {start} AND c.registered_at < {end} AND c.registered_at <= {now}
   AND (c.contacted_at IS NOT NULL OR c.contact_due < {now})
"""

REPEAT = """
SELECT o.id, (o.closed_at AT TIME ZONE {zone})::date AS day, o.advisor_id AS staff, '' AS rule,
       (o.fault <> '' AND EXISTS (
           SELECT FROM vehicles_repairorder AS e
            WHERE e.vehicle_id = o.vehicle_id AND e.id <> o.id AND NOT e.cancelled AND NOT e.internal
              AND e.kind IN ('repair', 'warranty') AND e.fault = o.fault AND e.opened_at < o.opened_at
              AND e.closed_at <= o.opened_at AND e.closed_at >= o.opened_at - make_interval(days => {within_days})
       ))::int AS part, 1 AS whole
  FROM vehicles_repairorder AS o
 WHERE o.closed_at >= {start} AND o.closed_at < {end} AND o.closed_at <= {now} AND COUNTED
   AND o.kind IN ('repair', 'warranty')
"""

# New is whose first delivery or visit it is, since the store works here.
FILES = """
SELECT c.id, first.day, NULL::uuid AS staff, '' AS rule,
       ((c.created_at AT TIME ZONE {zone})::date <= first.day + {within_days})::int AS part, 1 AS whole
  FROM (SELECT d.customer_id, min(d.day) AS day
          FROM (SELECT customer_id, delivered_on AS day FROM vehicles_delivery
                 WHERE NOT cancelled AND NOT internal AND delivered_on >= {first_day} AND delivered_on < {end_day}
                 UNION ALL
                SELECT customer_id, (opened_at AT TIME ZONE {zone})::date FROM vehicles_repairorder
                 WHERE NOT cancelled AND NOT internal AND opened_at >= {start} AND opened_at < {end}
                   AND opened_at <= {now}) AS d
         WHERE d.customer_id IS NOT NULL GROUP BY d.customer_id) AS first
  JOIN customers_customer AS c ON c.id = first.customer_id
 WHERE first.day >= {go_live} AND first.day <= {today}
   AND NOT EXISTS (SELECT FROM vehicles_delivery AS e WHERE e.customer_id = c.id AND NOT e.cancelled
                      AND NOT e.internal AND e.delivered_on < first.day)
   AND NOT EXISTS (SELECT FROM vehicles_repairorder AS e WHERE e.customer_id = c.id AND NOT e.cancelled
                      AND NOT e.internal AND (e.opened_at AT TIME ZONE {zone})::date < first.day)
"""

# Of each month in the range, by its last day. ``since``: the first instant that counts; ``until``: the first after it.
OWNERS = """
SELECT DISTINCT w.customer_id AS id, month.day, NULL::uuid AS staff, '' AS rule, 1 AS part, NULL::int AS whole
  FROM unnest({lasts}::date[]) AS month (day)
 CROSS JOIN LATERAL (SELECT ((month.day - make_interval(months => {months}))::date + 1)::timestamp AT TIME ZONE {zone},
                            (month.day + 1)::timestamp AT TIME ZONE {zone}) AS span (since, until)
 CROSS JOIN LATERAL (
       SELECT o.vehicle_id FROM vehicles_repairorder AS o
        WHERE COUNTED AND o.opened_at >= span.since AND o.opened_at < span.until
        UNION
       SELECT d.vehicle_id FROM vehicles_delivery AS d
        WHERE NOT d.cancelled AND NOT d.internal AND d.delivered_on <= month.day
          AND d.delivered_on > month.day - make_interval(months => {months})) AS active
  JOIN vehicles_ownership AS w ON w.vehicle_id = active.vehicle_id
   AND w.since <= month.day AND (w.until IS NULL OR w.until > month.day)
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """``record``: what its rows are, for the list behind a figure. ``by_staff``, ``by_rule``: whether that says
    anything. ``weight``: what the numbers in ``whole`` are, where they aren't the records themselves."""

    sql: str
    record: str
    by_staff: bool = True
    by_rule: bool = True
    weight: str = ""


SHARE = "count(*) FILTER (WHERE value >= {at_least})::int AS part, count(*)::int AS whole"
MEAN = "coalesce(sum(value), 0)::int AS part, (5 * count(*))::int AS whole"

KINDS = {
    "calls": Kind(CALLS, "call"),
    "checks": Kind(CHECKS, "check"),
    "recall": Kind(RECALL, "call", by_rule=False),
    "recovered": Kind(RECOVERED, "order"),
    "leads": Kind(LEADS, "lead", by_rule=False),
    "warranty": Kind(WARRANTY, "order"),
    "share": Kind(ANSWERS.replace("COUNTING", SHARE), "response", weight="answers"),
    "mean": Kind(ANSWERS.replace("COUNTING", MEAN), "response", weight="points"),
    "contacts": Kind(CONTACTS, "complaint", by_rule=False),
    "repeat": Kind(REPEAT, "order", by_rule=False),
    "files": Kind(FILES, "customer", by_staff=False, by_rule=False),
    "owners": Kind(OWNERS, "customer", by_staff=False, by_rule=False),
}


def select(kind: str, params: dict[str, Any], *, people: bool) -> str:
    """The kind's SELECT with ``{names}`` still in it. ``people``: whether ``staff`` is to be filled in."""
    sql = KINDS[kind].sql.replace("COUNTED", COUNTED)
    if "hit" in params:
        sql = sql.replace("HIT", HITS[params["hit"]])
    sql = sql.replace("{last}", LAST if people else "")
    return sql.replace("{staff}", STAFF if people else "NULL::uuid")


def values(params: dict[str, Any]) -> dict[str, Any]:
    """The definition's own values, as the SELECT wants them."""
    return {"connected": [str(one) for one in CONNECTED], **{key: one for key, one in params.items() if key != "hit"}}
