"""A machine's key opens one store, for what it was made for, as long as its maker is there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from api_support import Machine, a_token, machine, manager_of
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api import codes
from api.actions import create_token, hand_over_token, revoke_token
from api.models import Token
from api.scopes import scopes
from sanfang.audit.models import Event
from sanfang.kernel.errors import DomainError, Forbidden, NotFound
from sanfang.kernel.permissions import Actor
from sanfang.tenancy.context import inside
from tenants import limits
from tenants.actions import add_member, end_membership
from tenants.models import Membership, State, Tenant, User
from tenants.queries import forget_tenants
from tenants.roles import roles

NOW = timezone.now()


def status(machine: Machine) -> int:
    return int(machine.get("token").status_code)


def test_a_token_says_what_it_is_good_for(chengdu: Tenant) -> None:
    answer = machine(chengdu, "read:customers").get("token")
    assert answer.status_code == 200
    assert answer.json()["scopes"] == ["read:customers"]
    assert answer.json()["store"] == chengdu.name


def test_only_a_keyed_hash_is_stored_and_the_beginning_is_for_scanners(chengdu: Tenant) -> None:
    token, code = a_token(chengdu)
    assert codes.TOKEN.fullmatch(code)
    assert code not in str(Token.objects.filter(pk=token.pk).values())
    assert token.digest != codes.digest(code, key="another key of the platform")
    assert code.startswith(f"sanfang_{token.prefix}_")


def test_a_retired_key_still_knows_its_tokens(chengdu: Tenant, settings: Any) -> None:
    own = machine(chengdu)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "the next one"
    assert status(own) == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert status(own) == 401


def _without_variables(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    body.pop("request_id")
    return answer.status_code, answer["Content-Type"], str(body)


def test_whatever_is_wrong_the_answer_is_the_same(chengdu: Tenant, suzhou: Tenant) -> None:
    _token, code = a_token(chengdu)
    revoked, revoked_code = a_token(chengdu)
    with inside(chengdu):
        revoke_token(manager_of(chengdu), chengdu, revoked.pk, NOW)
    _old, expired = a_token(chengdu, now=NOW - timedelta(days=91))
    body = code[: -codes.CHECK]
    other_secret = body[:-1] + ("a" if body[-1] != "a" else "b")
    tried = {
        "none": Machine(""),
        "no token": Machine("x"),
        "mistyped": Machine(code[:-1] + ("a" if code[-1] != "a" else "b")),
        "another secret": Machine(other_secret + codes._check(other_secret)),
        "never made": Machine(codes.new_code()),
        "revoked": Machine(revoked_code),
        "expired": Machine(expired),
        "another store's": Machine(code, "suzhou.localhost"),
        "a group": Machine(code, "yuanting.localhost"),
        "the car maker": Machine(code, "lanchuan.localhost"),
        "the main host": Machine(code, "localhost"),
        "no such host": Machine(code, "nobody.localhost"),
    }
    answers = {what: _without_variables(one.get("token")) for what, one in tried.items()}
    assert len(set(answers.values())) == 1, answers
    assert answers["none"][:2] == (401, "application/problem+json")
    assert {one.get("no/such/address").status_code for one in tried.values()} == {401}
    assert status(Machine(code)) == 200
    Tenant.objects.filter(pk=chengdu.pk).update(state=State.SUSPENDED)
    forget_tenants()
    assert _without_variables(Machine(code).get("token")) == answers["none"]


def test_a_session_opens_nothing_here(chengdu: Tenant, client_of: Callable[[str], Any]) -> None:
    assert client_of("李娜").get("/api/v1/token").status_code == 401


def test_it_ends_with_its_makers_membership(chengdu: Tenant, actor: Callable[[str], Actor]) -> None:
    own = machine(chengdu)
    maker = manager_of(chengdu)
    director = manager_of(chengdu, "general_manager")
    with inside(chengdu):
        end_membership(director, chengdu, maker.staff_id, NOW)
    assert status(own) == 401
    # Whoever comes back makes a new one: the old may be known to others.
    add_member(chengdu, User.objects.get(memberships__staff_id=maker.staff_id), "crc_manager")
    assert status(own) == 401


def test_handed_over_it_outlives_its_maker(chengdu: Tenant) -> None:
    token, code = a_token(chengdu, "read:customers")
    maker, heir = manager_of(chengdu), manager_of(chengdu, "general_manager")
    with inside(chengdu):
        hand_over_token(heir, chengdu, token.pk, NOW)
        end_membership(heir, chengdu, maker.staff_id, NOW)
        kinds = Event.objects.filter(object=maker.staff_id, kind__startswith="token.").values_list("kind", flat=True)
        assert set(kinds) == {"token.created", "token.handed_over"}
    assert status(Machine(code)) == 200


def test_one_that_has_ended_is_not_handed_over(chengdu: Tenant) -> None:
    token, code = a_token(chengdu, "read:customers")
    heir = manager_of(chengdu, "general_manager")
    with inside(chengdu):
        end_membership(heir, chengdu, manager_of(chengdu).staff_id, NOW)
        with pytest.raises(DomainError):
            hand_over_token(heir, chengdu, token.pk, NOW)
    assert status(Machine(code)) == 401


def test_nobody_takes_over_more_than_they_may(chengdu: Tenant) -> None:
    token, _code = a_token(chengdu, "write:orders")
    with inside(chengdu), pytest.raises(DomainError):
        hand_over_token(manager_of(chengdu, "general_manager"), chengdu, token.pk, NOW)


def test_nobody_gives_away_more_than_they_may(chengdu: Tenant) -> None:
    head = manager_of(chengdu, "general_manager")
    assert "import.make" not in head.capabilities
    with inside(chengdu), pytest.raises(DomainError):
        create_token(head, chengdu, name="x", names=["write:orders"], days=90, now=NOW)


def test_a_role_that_loses_something_takes_it_from_its_tokens(chengdu: Tenant) -> None:
    own, maker = machine(chengdu, "read:customers", "write:orders"), manager_of(chengdu)
    Membership.objects.filter(staff_id=maker.staff_id).update(role="general_manager")
    assert own.get("token").json()["scopes"] == ["read:customers"]


@pytest.mark.parametrize("role", sorted(key for key, role in roles().items() if "dealer" in role.kinds))
def test_only_managers_make_tokens(chengdu: Tenant, role: str) -> None:
    somebody = manager_of(chengdu, role)
    token, _code = a_token(chengdu, "read:customers")
    may = role in {"general_manager", "crc_manager"}
    assert ("token.manage" in somebody.capabilities) == may
    if may:
        return
    with inside(chengdu):
        before = list(Token.objects.none()), Event.objects.count()
        for deed in (
            lambda: create_token(somebody, chengdu, name="x", names=["read:customers"], days=90, now=NOW),
            lambda: revoke_token(somebody, chengdu, token.pk, NOW),
            lambda: hand_over_token(somebody, chengdu, token.pk, NOW),
        ):
            with pytest.raises(Forbidden):
                deed()
        assert (list(Token.objects.none()), Event.objects.count()) == before
    token.refresh_from_db()
    assert (token.revoked_at, token.membership.staff_id) == (None, manager_of(chengdu).staff_id)


def test_another_stores_token_is_nobodys_to_revoke(chengdu: Tenant, suzhou: Tenant) -> None:
    token, code = a_token(suzhou)
    with inside(chengdu), pytest.raises(NotFound):
        revoke_token(manager_of(chengdu), chengdu, token.pk, NOW)
    assert status(Machine(code, "suzhou.localhost")) == 200


@pytest.mark.parametrize(
    "odd", [{"name": ""}, {"name": "\x00"}, {"name": "长" * 61}, {"names": []}, {"names": ["read:all"]}, {"days": 0},
            {"days": 100_000}]
)  # fmt: skip
def test_odd_wishes_are_refused(chengdu: Tenant, odd: dict[str, Any]) -> None:
    wish = {"name": "x", "names": ["read:customers"], "days": 90, "now": NOW, **odd}
    with inside(chengdu), pytest.raises(DomainError):
        create_token(manager_of(chengdu), chengdu, **wish)
    assert not Token.objects.exists()


def test_last_use_is_noted_once_an_hour(chengdu: Tenant) -> None:
    token, code = a_token(chengdu)
    own = Machine(code)
    assert status(own) == 200
    token.refresh_from_db()
    first = token.last_used_at
    assert first
    with CaptureQueriesContext(connection) as statements:
        assert status(own) == 200
    assert not [one for one in statements if one["sql"].startswith("UPDATE")]
    Token.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(hours=2))
    assert status(own) == 200
    token.refresh_from_db()
    assert token.last_used_at >= first  # type: ignore[operator]


def test_what_a_token_costs_a_request(chengdu: Tenant) -> None:
    own = machine(chengdu)
    status(own)
    with CaptureQueriesContext(connection) as statements:
        assert status(own) == 200
    # The door's place, and the token with its person; a page of a person's takes three to know who asks.
    told = [one["sql"] for one in statements if "set_config" not in one["sql"]]
    assert len(told) == 1, told


def test_machines_have_counts_of_their_own(chengdu: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RATE_LIMITS = True
    few = {"person": 1, "people": 1, "address": 1, "visitors": 1, "token": 3, "tokens": 4}
    monkeypatch.setattr(limits, "table", lambda: {"dealer": few})
    first, second = machine(chengdu), machine(chengdu)
    assert [status(first) for _time in range(4)] == [200, 200, 200, 429]
    refused = first.get("token")
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert int(refused["Retry-After"]) > 0
    # What one was refused doesn't use up the store's.
    assert [status(second) for _time in range(2)] == [200, 429]


def test_guesses_are_counted_as_a_visitors(chengdu: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RATE_LIMITS = True
    monkeypatch.setattr(limits, "table", lambda: {"dealer": {"address": 2, "visitors": 9, "token": 9, "tokens": 9}})
    monkeypatch.setattr(limits, "client_address", lambda request: f"198.51.100.{NOW.microsecond % 250}")
    assert [status(Machine(codes.new_code())) for _time in range(3)] == [401, 401, 429]


def test_the_language_is_the_callers(chengdu: Tenant) -> None:
    nobody = Machine("")
    assert nobody.get("token").json()["title"] == "没有有效的访问令牌"
    assert nobody.get("token", Accept_Language="en").json()["title"] == "No valid access token"


@pytest.mark.parametrize("path", ["nothing", "token/", "customers/1"])
def test_an_unknown_address_is_a_problem_too(chengdu: Tenant, path: str) -> None:
    answer = machine(chengdu).get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_every_scope_is_some_managers_to_give(chengdu: Tenant) -> None:
    manager = manager_of(chengdu)
    for scope in scopes().values():
        assert scope.needs <= manager.capabilities, scope.key


def test_a_tenants_role_may_not_read_tokens(chengdu: Tenant) -> None:
    from django.db import DatabaseError, transaction

    with inside(chengdu), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Token.objects.count()
    with pytest.raises(ObjectDoesNotExist):
        Token.objects.get(prefix="")
