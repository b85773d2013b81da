"""Policies × verbs × roles × kinds of tenant × whose object, against a table written by hand (policy_table.txt)."""

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from address_table import a_call
from api_support import an_endpoint
from care_support import NOW, a_customer
from django.db import DatabaseError, transaction
from doubles_support import a_double
from followups_support import car
from row_support import a_complaint, wrong_data

from crm.checks.models import Check
from crm.desk.models import HandoverRequest, SavedView
from crm.dms.models import ImportRun
from crm.followups.models import Attempt, FollowUp
from crm.store.models import Store
from crm.surveys.models import Response
from crm.team.models import Deputy
from sanfang.kernel.errors import Forbidden, NotFound, WrongTenant
from sanfang.kernel.permissions import Actor
from sanfang.messaging.models import Message
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from sanfang.tenancy.policies import Policy
from tenants.models import Tenant
from tenants.policy import may_remove
from tenants.roles import roles

PACKAGES = ("sanfang", "network", "tenants", "crm", "billing", "api", "frontend")
SHEET = (Path(__file__).parent / "policy_table.txt").read_text(encoding="utf-8")
SHORT = {mark: role for mark, role in re.findall(r"\b([A-Z]{2}) ([a-z_]+)", SHEET) if role in roles()}
Table = dict[tuple[str, str], dict[str, str]]
Made = dict[str, Callable[[Staff], UUID]]


@cache
def sheet(part: str) -> Table:
    """Row (policy and verb) → role → y, o or a dot; of the part of the sheet that begins so."""
    found: Table = {}
    head: list[str] = []
    here = False
    for line in SHEET.splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] in {"policy", "removes"}:
            head, here = [SHORT[mark] for mark in words[2:]], words[0] == part
        elif here:
            assert len(words) == len(head) + 2, line
            assert set(words[2:]) <= set("yo."), line
            found[words[0], words[1]] = dict(zip(head, words[2:], strict=True))
    return found


def a_view(owner: Staff) -> UUID:
    return SavedView.objects.create(name="视图", owner=owner, saved_at=NOW).pk


def a_handover(owner: Staff) -> UUID:
    call = FollowUp.objects.get(pk=a_call())
    other = Staff.objects.exclude(pk=owner.pk).order_by("-pk")[0]
    return HandoverRequest.objects.create(
        follow_up=call, customer=call.customer, asked_by=owner, holder=other, asked_at=NOW
    ).pk


def an_import(owner: Staff) -> UUID:
    return ImportRun.objects.create(kind="deliveries", filename="a.csv", size=1, created_at=NOW, by=owner).pk


def a_check(owner: Staff) -> UUID:
    attempt = Attempt.objects.create(follow_up_id=a_call(), number=1, staff=owner, at=NOW, outcome="completed")
    return Check.objects.create(
        attempt=attempt, staff=owner, drawn_of=NOW.date(), seed=0, drawn_by=owner, drawn_at=NOW, checked_at=NOW
    ).pk


def a_deputy(owner: Staff) -> UUID:
    other = Staff.objects.create(name="代理人")
    return Deputy.objects.create(
        absent=owner, deputy=other, first_day=NOW.date(), last_day=NOW.date(), made_by=other, made_at=NOW
    ).pk


def a_response(owner: Staff) -> UUID:
    asked = {"pack": "changan-dcrc", "pack_version": "1", "questionnaire": "service-callback"}
    return Response.objects.create(customer=a_customer(), source="call", at=NOW, answers={}, by=owner, **asked).pk


def a_message(owner: Staff) -> UUID:
    return Message.objects.create(
        to="15421234567", text="x", purpose="x", customer_id=owner.pk, queued_at=NOW, not_before=NOW
    ).pk


MAKE: Made = {
    "callbacks": lambda owner: a_call(),
    "checks": a_check,
    "complaints": lambda owner: a_complaint(),
    "doubles": lambda owner: a_double().pk,
    "customers": lambda owner: a_customer().pk,
    "deputies": a_deputy,
    "handovers": a_handover,
    "endpoints": lambda owner: an_endpoint(),
    "imports": an_import,
    "messages": a_message,
    "responses": a_response,
    "saved_views": a_view,
    "standards": lambda owner: Store.objects.values_list("pk", flat=True).get(),
    "tracking": lambda owner: wrong_data(owner.name),
    "vehicles": lambda owner: car().pk,
}


def modules() -> Iterator[str]:
    for package in PACKAGES:
        found = importlib.import_module(package)
        yield from (
            info.name for info in pkgutil.walk_packages(found.__path__, f"{package}.") if "settings" not in info.name
        )


@cache
def policies() -> dict[str, Policy[Any]]:
    """Every policy object of the product, by its name."""
    found: dict[str, Policy[Any]] = {}
    for name in modules():
        if name.endswith(".policy"):
            found |= {key: one for key, one in vars(importlib.import_module(name)).items() if isinstance(one, Policy)}
    return found


def actor_in(role: str, staff_id: UUID) -> Actor:
    return Actor(staff_id=staff_id, name=role, role=role, capabilities=roles()[role].capabilities)


def test_every_policy_verb_and_role_has_its_place_in_the_table() -> None:
    assert set(sheet("policy")) == {(name, verb) for name, policy in policies().items() for verb in policy.verbs}
    assert all(set(row) == set(roles()) for part in ("policy", "removes") for row in sheet(part).values())
    assert set(MAKE) == set(policies())


def test_policies_stand_in_policy_modules_only() -> None:
    for name in modules():
        if re.match(r"sanfang\.(settings|wsgi|celery)|.*(migrations|__main__)", name):
            continue
        importlib.import_module(name)
    known = set(map(id, policies().values()))
    stray = {
        f"{name}.{key}"
        for name, module in list(sys.modules.items())
        if name.split(".")[0] in PACKAGES
        for key, one in list(vars(module).items())
        if isinstance(one, Policy) and id(one) not in known
    }
    assert not stray


def _outcome(act: Callable[..., Any], *given: Any) -> str:
    """y for an object, or why there is none."""
    try:
        with transaction.atomic():
            act(*given)
    except (Forbidden, NotFound, WrongTenant, DatabaseError) as refusal:
        return type(refusal).__name__
    return "y"


def _listed(policy: Policy[Any], actor: Actor) -> None:
    """Somebody who may see nothing gets an empty list, which is a refusal too."""
    if not list(policy.visible(actor)):
        policy.require(actor, "see")


EXPECTED = {"y": ("y", "y"), "o": ("y", "Forbidden"), ".": ("Forbidden", "Forbidden")}
"""Of one's own and of a colleague's."""


@pytest.mark.parametrize("name", sorted({policy for policy, _verb in sheet("policy")}))
@pytest.mark.parametrize(("here", "there"), [("chengdu", "suzhou"), ("suzhou", "chengdu")])
def test_in_a_store(network: dict[str, Tenant], here: str, there: str, name: str) -> None:
    policy, make = policies()[name], MAKE[name]
    with inside(network[there]):
        foreign = make(Staff.objects.create(name="别家的"))
    wrong = []
    with inside(network[here]):
        colleagues = make(Staff.objects.create(name="同事"))
        for role in roles():
            staff = Staff.objects.create(name=f"自己 {role}", role=role)
            actor, own = actor_in(role, staff.pk), make(staff)
            for (which, verb), row in sheet("policy").items():
                if which != name:
                    continue
                got = tuple(_outcome(policy.get, actor, key, verb) for key in (own, colleagues))
                cell = row[role]
                if got != EXPECTED[cell]:
                    wrong.append(f"{verb} by {role}: {got}, not {cell}")
                if policy.may(actor, verb) != (cell != "."):
                    wrong.append(f"may {verb} by {role}")
                if _outcome(policy.get, actor, foreign, verb) != "NotFound":
                    wrong.append(f"{verb} by {role}: another store's")
            cell = sheet("policy")[name, "see"][role]
            shown = set(policy.visible(actor).filter(pk__in=[own, colleagues, foreign]).values_list("pk", flat=True))
            if shown != {"y": {own, colleagues}, "o": {own}, ".": set()}[cell]:
                wrong.append(f"list for {role}: {len(shown)} rows")
    assert not wrong


@pytest.mark.parametrize("name", sorted({policy for policy, _verb in sheet("policy")}))
@pytest.mark.parametrize("slug", ["yuanting", "lanchuan", "sanfang"])
def test_where_there_are_no_customers_nobody_gets_any(network: dict[str, Tenant], slug: str, name: str) -> None:
    """In a group's or a car maker's schema, and at the door: whatever role somebody claims to have."""
    policy, make = policies()[name], MAKE[name]
    with inside(network["chengdu"]):
        foreign = make(Staff.objects.create(name="别家的"))
    at_the_door = network[slug].kind == "public"
    found = []
    with inside(network[slug]):
        for role in roles():
            actor = actor_in(role, foreign)
            answers = [_outcome(policy.get, actor, foreign, verb) for verb in policy.verbs]
            answers.append(_outcome(_listed, policy, actor))
            for got in answers:
                known = {"WrongTenant", "Forbidden"} if at_the_door else {"ProgrammingError", "Forbidden"}
                if got not in known:
                    found.append(f"{role}: {got}")
    assert not found


def test_own_things_at_hand_are_judged_like_those_that_are_loaded(in_chengdu: Tenant) -> None:
    """``require_for`` of the wrong-data loop, for an item that a view holds already."""
    policy: Any = policies()["tracking"]
    colleagues = policy.model.objects.get(pk=wrong_data(Staff.objects.create(name="同事").name))
    wrong = []
    for role in roles():
        staff = Staff.objects.create(name=f"自己 {role}", role=role)
        own = policy.model.objects.get(pk=wrong_data(staff.name))
        for verb in policy.verbs:
            actor = actor_in(role, staff.pk)
            got = tuple(_outcome(policy.require_for, actor, item, verb) for item in (own, colleagues))
            if got != EXPECTED[sheet("policy")["tracking", verb][role]]:
                wrong.append(f"{verb} by {role}: {got}")
    assert not wrong


def test_who_removes_whom() -> None:
    assert {(mark, "-") for mark in SHORT} == set(sheet("removes"))
    wrong = [
        f"{remover} removes {SHORT[mark]}"
        for (mark, _), row in sheet("removes").items()
        for remover, cell in row.items()
        if may_remove(remover, SHORT[mark]) != (cell == "y")
    ]
    assert not wrong
