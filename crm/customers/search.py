"""People by what somebody knows of them: the end of a number, some of the name, its pinyin initials.

Each way has an index of its own and is one branch of one statement; a branch reads ``ENOUGH`` rows at most.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from crm.customers import policy
from crm.customers.words import Asked
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import current_tenant

ENOUGH = 1000
"""How many a branch looks at to find the best; a question that fits more people than that is too short."""

BY_TAIL = """
SELECT id, 'phone' AS why, 0 AS rank, updated_at FROM customers_customer
 WHERE reverse(mobile) COLLATE "C" LIKE %(reversed)s AND mobile <> '' LIMIT {enough}
"""
BY_NUMBER = """
SELECT id, 'phone' AS why, 0 AS rank, updated_at FROM customers_customer WHERE mobile = %(digits)s LIMIT {enough}
"""
BY_NAME = """
SELECT id, 'name' AS why,
       CASE WHEN name = %(name)s THEN 0 WHEN starts_with(name, %(name)s) THEN 1 ELSE 2 END AS rank, updated_at
  FROM (SELECT id, translate(lower(name), ' ·•・.　()（）_—-', '') AS name, updated_at FROM customers_customer
         WHERE public.sanfang_name_keys(name) @> %(name_keys)s LIMIT {enough}) AS person
 WHERE strpos(name, %(name)s) > 0
"""
BY_INITIALS = """
SELECT id, 'initials' AS why,
       CASE WHEN letters = %(letters)s THEN 0 WHEN starts_with(letters, %(letters)s) THEN 1 ELSE 3 END AS rank,
       updated_at
  FROM (SELECT id, public.sanfang_initials(name) AS letters, updated_at FROM customers_customer
         WHERE public.sanfang_name_keys(name) @> %(letter_keys)s LIMIT {enough}) AS person
 WHERE strpos(letters, %(letters)s) > 0
"""


@dataclass(frozen=True, slots=True)
class Found:
    """``why``: phone, name or initials. ``rank``: 0 is exactly what was asked for."""

    customer_id: UUID
    why: str
    rank: int


def find(actor: Actor, asked: Asked, *, limit: int) -> list[Found]:
    """The best fits first, then whoever was heard of last. One statement, or none where nothing can be asked."""
    policy.customers.require(actor, "see")
    branches = _branches(actor, asked)
    if not branches:
        return []
    current_tenant()
    every = " UNION ALL ".join(f"({branch.format(enough=ENOUGH)})" for branch in branches)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, (array_agg(why ORDER BY rank))[1], min(rank) FROM ({every}) AS found "  # noqa: S608
            "GROUP BY id ORDER BY min(rank), max(updated_at) DESC, id LIMIT %(limit)s",
            {
                "digits": asked.digits,
                "reversed": asked.digits[::-1] + "%",
                "name": asked.plain,
                "name_keys": _pairs(asked.plain) or ["^" + asked.plain],
                "letters": asked.letters,
                "letter_keys": _pairs(asked.letters),
                "limit": limit,
            },
        )
        return [Found(*row) for row in cursor.fetchall()]


def _branches(actor: Actor, asked: Asked) -> list[str]:
    found = []
    if asked.is_whole_mobile:
        found.append(BY_NUMBER)
    elif asked.may_be_phone_tail and (asked.is_shown_tail or policy.customers.may(actor, "reveal")):
        # Who may not see whole numbers can't guess one digit by digit either.
        found.append(BY_TAIL)
    if asked.has_chinese:
        found.append(BY_NAME)
    if len(asked.letters) > 1:
        found.append(BY_INITIALS)
    return found


def _pairs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text) - 1)]
