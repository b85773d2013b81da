"""One store's flood, or one person's, is nobody else's."""

from collections.abc import Callable
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.test import Client
from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.retry import Retry

from tenants import limits
from tenants.actions import resume, suspend
from tenants.models import Kind, Tenant

FEW = {"person": 5, "people": 8, "address": 4, "visitors": 6}
PAGE = "/complaints/"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Small numbers, and counts of this test alone."""
    settings.RATE_LIMITS = True
    monkeypatch.setattr(limits, "table", lambda: {kind.value: FEW for kind in Kind})
    monkeypatch.setattr(limits, "_counted", _of_this_test(limits._counted))
    monkeypatch.setattr(limits, "_silent_until", 0.0)


def _of_this_test(counted: Callable[[list[tuple[str, int]]], int]) -> Callable[[list[tuple[str, int]]], int]:
    test = uuid4()
    return lambda counts: counted([(f"{test}:{name}", most) for name, most in counts])


def ask(client: Client, times: int, path: str = PAGE) -> list[int]:
    return [client.get(path).status_code for _time in range(times)]


def test_every_kind_of_tenant_has_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert set(limits.table()) == {kind.value for kind in Kind}
    for most in limits.table().values():
        assert set(most) - {"token", "tokens"} == set(FEW)
        assert most["person"] < most["people"]
        assert most["address"] < most["visitors"]


def test_more_than_a_person_may_is_put_off_and_says_until_when(client_of: Callable[[str], Client]) -> None:
    lina = client_of("李娜")
    assert ask(lina, 5) == [200] * 5
    refused = lina.get(PAGE)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= limits.SECONDS
    page = refused.content.decode()
    assert f"请在 {refused['Retry-After']} 秒后再试" in page
    assert f'data-retry="{PAGE}"' in page, "by itself, to where they were going"
    assert "您操作得太快" in page
    sent = lina.post("/imports/new/", headers={"referer": "http://chengdu.localhost/imports/new/"})
    assert 'data-retry="http://chengdu.localhost/imports/new/"' in sent.content.decode(), "a form isn't sent twice"
    for headers in ({"HX-Request": "true"}, {"X-Requested-With": "fetch"}):
        short = lina.post("/imports/new/", headers=headers)
        assert (short.status_code, short["Content-Type"]) == (429, "text/plain; charset=utf-8")
    lina.cookies["sanfang-language"] = "en"
    assert "Too many requests" in lina.get(PAGE).content.decode()


def test_one_persons_flood_is_not_their_stores(client_of: Callable[[str], Client]) -> None:
    assert ask(client_of("李娜"), 50)[5:] == [429] * 45
    assert ask(client_of("周思颖"), 3) == [200] * 3


def test_a_stores_flood_is_not_its_neighbours(client_of: Callable[[str], Client]) -> None:
    flood = [status for name in ("李娜", "周思颖", "何雨桐", "陈雅婷") for status in ask(client_of(name), 4)]
    assert flood == [200] * 8 + [429] * 8
    assert ask(client_of("徐梦婷"), 5) == [200] * 5


def test_visitors_dont_use_up_what_those_have_who_are_at_work(client_of: Callable[[str], Client]) -> None:
    def visitor(number: int) -> Client:
        return Client(SERVER_NAME="chengdu.localhost", REMOTE_ADDR=f"198.51.100.{number}")

    assert ask(visitor(1), 6, "/accounts/login/") == [200] * 4 + [429] * 2
    assert ask(visitor(2), 3, "/accounts/login/") == [200] * 2 + [429]
    assert ask(client_of("李娜"), 5) == [200] * 5


def test_an_invented_session_is_a_visitors(network: dict[str, Tenant]) -> None:
    answers = []
    for number in range(6):
        client = Client(SERVER_NAME="chengdu.localhost")
        client.cookies["__Host-sanfang-session"] = f"invented{number:024}"
        answers.append(client.get("/accounts/login/").status_code)
    assert answers == [200] * 4 + [429] * 2


def test_a_flood_to_hosts_that_nobody_has_or_that_are_closed_is_put_off(chengdu: Tenant) -> None:
    answers = [Client(SERVER_NAME=f"x{number}.localhost").get("/").status_code for number in range(6)]
    assert answers == [404] * 4 + [429] * 2
    suspend(chengdu)
    other = Client(SERVER_NAME="chengdu.localhost", REMOTE_ADDR="198.51.100.7")
    assert ask(other, 6) == [403] * 4 + [429] * 2
    resume(chengdu)
    assert ask(other, 1) == [302]


def test_processes_count_together(client_of: Callable[[str], Client], network: dict[str, Tenant]) -> None:
    """The count is Valkey's: of many at once exactly as many get through as may."""
    results: list[int] = []
    script = limits._script()

    def count() -> None:
        results.append(script(keys=["test:together", f"test:{network['chengdu'].pk}"], args=[60, 10, 100]))

    threads = [Thread(target=count) for _number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    script.registered_client.delete("test:together", f"test:{network['chengdu'].pk}")
    assert sorted(result == -1 for result in results) == [False] * 20 + [True] * 10


def test_it_costs_one_round_trip(client_of: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    lina = client_of("李娜")
    lina.get(PAGE)
    sent: list[bytes] = []
    send: Any = Connection.send_packed_command

    def note(self: Connection, command: list[bytes], check_health: bool = True) -> None:
        sent.append(b"".join(command))
        send(self, command, check_health)

    monkeypatch.setattr(Connection, "send_packed_command", note)
    assert lina.get(PAGE).status_code == 200
    assert [b"EVALSHA" in one for one in sent] == [False, True], "finding the tenant, and this"


def test_without_valkey_requests_go_through_and_it_is_said_once(
    client_of: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = Redis(port=9, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0)).register_script(limits.COUNT)
    lina = client_of("李娜")
    monkeypatch.setattr(limits, "_script", lambda: nowhere)
    monkeypatch.setattr(caches["shared"], "get_many", lambda keys: nowhere.registered_client.mget(keys))
    assert ask(lina, 8) == [200] * 8
    assert caplog.text.count("limits are off") == 1


def test_probes_are_not_counted(network: dict[str, Tenant]) -> None:
    probe = Client(SERVER_NAME="chengdu.localhost")
    assert ask(probe, 20, "/livez") == [200] * 20
