"""The log of calls, for those who check it and report it."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import get_language

from crm.followups.models import Attempt, FollowUp, OutcomeKind
from crm.followups.outcomes import ENDINGS
from sanfang.standards.definitions import Script
from sanfang.standards.packs import load_pack

OUTCOMES = {kind.value: kind.label for kind in OutcomeKind}
"""How calls end, by the name of the outcome."""
TALKED = [outcome for outcome, ending in ENDINGS.items() if ending.connected]


def talks(start: datetime, end: datetime) -> list[tuple[UUID, UUID]]:
    """The attempts from ``start`` to before ``end`` in which somebody was on the line, each with its caller."""
    made = Attempt.objects.filter(at__gte=start, at__lt=end, outcome__in=TALKED)
    return list(made.order_by("pk").values_list("pk", "staff_id"))


def rule_of(follow_up: FollowUp) -> tuple[str, Script | None]:
    """Title and script of the rule that asked for this call, in the version that asked."""
    pack = load_pack(follow_up.pack, version=follow_up.pack_version)
    rule = pack.rules[follow_up.rule]
    return rule.title.get(get_language() or ""), pack.scripts[rule.script] if rule.script else None
