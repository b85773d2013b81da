"""Events are told where a store wants it: with the event's own transaction, signed, patient, and nowhere inside."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from typing import Any

import pytest
from api_support import an_endpoint, manager_of
from django.db import transaction
from django.utils import timezone

from api.webhooks import actions, posting
from api.webhooks.models import Endpoint, Letter
from api.webhooks.queries import letters, listed
from api.webhooks.rules import kinds, rules
from api.webhooks.sending import body_of, send_waiting
from crm.customers.models import Customer
from sanfang.audit.actions import record_event
from sanfang.audit.models import Event
from sanfang.kernel.errors import DomainError, Forbidden, NotFound
from sanfang.messaging.secrets import unseal
from sanfang.tenancy.context import inside
from sanfang.tenancy.models import Staff
from tenants.models import Tenant

NOW = timezone.now()
WAITING, DELIVERED, FAILED = Letter.State.WAITING, Letter.State.DELIVERED, Letter.State.FAILED


class Neighbour:
    """Another system: keeps what it is told, and answers with the next of ``answers`` (200 when there are none)."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                status = outer.answers.pop(0) if outer.answers else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{outer.url}/elsewhere")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def neighbour(settings: Any) -> Iterator[Neighbour]:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    found = Neighbour()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def endpoint(in_chengdu: Tenant, neighbour: Neighbour) -> Endpoint:
    return Endpoint.objects.get(pk=an_endpoint(url=neighbour.url))


def a_complaint() -> Any:
    """That one was registered, of something; its id."""
    thing = Staff.objects.all()[0]
    record_event(None, thing, "complaint.registered", timezone.now())
    return thing.pk


def fresh(key: Any) -> Endpoint:
    return Endpoint.objects.get(pk=key)


def due() -> None:
    """As if it had been waited for long enough."""
    Letter.objects.filter(state=WAITING).update(next_at=NOW - timedelta(days=1))


def test_an_event_and_its_letter_are_one_transaction(in_chengdu: Tenant, endpoint: Endpoint) -> None:
    with transaction.atomic():
        a_complaint()
        assert Letter.objects.count() == 1
        transaction.set_rollback(True)
    assert not Letter.objects.exists()
    key = a_complaint()
    [letter] = Letter.objects.all()
    assert (letter.event, letter.thing, letter.endpoint_id) == ("complaint.registered", key, endpoint.pk)


def test_bulk_writes_are_told_too_each_to_who_listens(in_chengdu: Tenant, endpoint: Endpoint) -> None:
    other = an_endpoint("complaint.registered", "import.failed", url=endpoint.url)
    actions.switch(manager_of(in_chengdu), an_endpoint(url=endpoint.url), on=False, now=NOW)
    thing = Staff.objects.all()[0].pk
    told = ["complaint.registered", "complaint.contacted", "import.fail", "complaint.registered"]
    Event.objects.bulk_create(Event(at=NOW, kind=kind, model="x", object=thing) for kind in told)
    counts = {key: Letter.objects.filter(endpoint=key).count() for key in (endpoint.pk, other)}
    assert counts == {endpoint.pk: 2, other: 3}
    assert Letter.objects.count() == 5


def test_what_is_sent_is_signed_as_the_standard_says(
    in_chengdu: Tenant, endpoint: Endpoint, neighbour: Neighbour
) -> None:
    key = a_complaint()
    assert send_waiting(timezone.now()) == 1
    [(path, headers, body)] = neighbour.got
    assert path == "/hooks"
    secret = base64.b64decode(unseal(endpoint.secret).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(secret, signed, sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert headers["content-type"] == "application/json"
    said = json.loads(body)
    assert (said["type"], said["data"]) == ("complaint.registered", {"id": str(key)})
    letter = Letter.objects.get()
    assert (letter.state, letter.attempts, letter.tries[0]["status"]) == (DELIVERED, 1, 200)
    assert send_waiting(timezone.now()) == 0


def test_nothing_personal_is_in_it(in_chengdu: Tenant, endpoint: Endpoint) -> None:
    for kind in kinds().values():
        for event in kind.of:
            thing = Customer.objects.create(name="欧阳文静", mobile="13912345678")
            record_event(None, thing, event, NOW, name=thing.name, mobile=thing.mobile, note="很生气")
            letter = Letter(endpoint=endpoint, event=event, thing=thing.pk, at=NOW, next_at=NOW)
            said = json.loads(body_of(letter))
            assert set(said) == {"type", "timestamp", "data"}
            assert set(said["data"]) <= {"id", "url"}
            assert said["type"] == kind.name


def test_after_a_new_secret_both_sign_for_a_day(
    in_chengdu: Tenant, endpoint: Endpoint, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = manager_of(in_chengdu)
    _endpoint, secret = actions.renew_secret(manager, endpoint.pk, NOW)
    assert secret not in str(Endpoint.objects.filter(pk=endpoint.pk).values())
    actions.ping(manager, endpoint.pk, NOW)
    send_waiting(timezone.now())
    assert neighbour.got[0][1]["webhook-signature"].count("v1,") == 2
    Endpoint.objects.update(old_until=NOW - timedelta(seconds=1))
    actions.ping(manager, endpoint.pk, NOW)
    send_waiting(timezone.now())
    assert neighbour.got[1][1]["webhook-signature"].count("v1,") == 1


def test_a_failure_is_tried_again_later_and_later_under_the_same_id(
    in_chengdu: Tenant, endpoint: Endpoint, neighbour: Neighbour
) -> None:
    a_complaint()
    tries = len(rules().again) + 1
    neighbour.answers = [500] * tries
    waits = []
    for _try in range(tries):
        due()
        before = timezone.now()
        assert send_waiting(before) == 1
        letter = Letter.objects.get()
        waits.append((letter.next_at - before).total_seconds())
        Endpoint.objects.update(failing_since=timezone.now())
    assert [round(wait / usual) for wait, usual in zip(waits, rules().again, strict=False)] == [1] * len(rules().again)
    assert (letter.state, letter.attempts, len(letter.tries)) == (FAILED, tries, tries)
    assert send_waiting(timezone.now() + timedelta(days=9)) == 0
    assert len({headers["webhook-id"] for _path, headers, _body in neighbour.got}) == 1
    assert len({body for _path, _headers, body in neighbour.got}) == 1


def test_it_is_told_again_when_asked(in_chengdu: Tenant, endpoint: Endpoint, neighbour: Neighbour) -> None:
    a_complaint()
    send_waiting(timezone.now())
    letter = Letter.objects.get()
    actions.replay(manager_of(in_chengdu), letter.pk, NOW)
    send_waiting(timezone.now())
    first, second = neighbour.got
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    letter.refresh_from_db()
    assert (letter.state, len(letter.tries)) == (DELIVERED, 2)


def test_a_redirect_is_not_followed(in_chengdu: Tenant, endpoint: Endpoint, neighbour: Neighbour) -> None:
    neighbour.answers = [302]
    a_complaint()
    send_waiting(timezone.now())
    assert [path for path, _headers, _body in neighbour.got] == ["/hooks"]
    assert Letter.objects.get().state == WAITING


def test_who_says_it_is_gone_is_told_no_more(in_chengdu: Tenant, endpoint: Endpoint, neighbour: Neighbour) -> None:
    neighbour.answers = [410]
    a_complaint()
    send_waiting(timezone.now())
    assert fresh(endpoint.pk).state == "failed"
    assert Event.objects.filter(kind="webhook.switched_off", object=endpoint.pk).count() == 1
    a_complaint()
    due()
    assert send_waiting(timezone.now()) == 0
    assert len(neighbour.got) == 1


def test_who_fails_for_days_is_switched_off_and_one_success_begins_anew(
    in_chengdu: Tenant, endpoint: Endpoint, neighbour: Neighbour
) -> None:
    for _one in range(4):
        a_complaint()
    neighbour.answers = [500, 200]
    send_waiting(timezone.now())
    assert fresh(endpoint.pk).failing_since is not None
    due()
    send_waiting(timezone.now())
    assert fresh(endpoint.pk).failing_since is None
    a_complaint()
    neighbour.answers = [500]
    send_waiting(timezone.now())
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=rules().off_after_days, seconds=1))
    neighbour.answers = [500]
    due()
    send_waiting(timezone.now())
    assert fresh(endpoint.pk).state == "failed"
    assert [one.state for one in listed(manager_of(in_chengdu))] == ["failed"]
    actions.switch(manager_of(in_chengdu), endpoint.pk, on=True, now=NOW)
    due()
    send_waiting(timezone.now())
    assert not Letter.objects.filter(state=WAITING).exists()


def test_a_failing_endpoint_is_asked_once_a_round_and_keeps_nobody_else_waiting(
    in_chengdu: Tenant, endpoint: Endpoint, neighbour: Neighbour
) -> None:
    well = an_endpoint(url=neighbour.url.replace("/hooks", "/well"))
    Endpoint.objects.filter(pk=endpoint.pk).update(url="http://127.0.0.1:1/")
    for _one in range(3):
        a_complaint()
    assert send_waiting(timezone.now()) == 6
    assert sorted(Letter.objects.filter(endpoint=endpoint).values_list("attempts", flat=True)) == [0, 0, 1]
    assert set(Letter.objects.filter(endpoint=well).values_list("state", flat=True)) == {DELIVERED}
    assert Letter.objects.filter(endpoint=endpoint, attempts=1).get().tries[0]["error"] == "connection"


def test_a_letter_is_one_tasks_until_its_lease_is_over(
    in_chengdu: Tenant, endpoint: Endpoint, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_complaint()

    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("api.webhooks.posting.post", killed)
        send_waiting(timezone.now())
    assert send_waiting(timezone.now()) == 0
    assert send_waiting(timezone.now() + timedelta(seconds=rules().lease + 1)) == 1
    assert len(neighbour.got) == 1


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "fec0::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_inside_addresses_are_not_public(address: str, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = []
    assert not posting.is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "114.114.114.114", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_the_internet_is(address: str, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = []
    assert posting.is_public(ip_address(address))


def test_a_name_is_resolved_once_and_all_its_addresses_must_be_public(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_NETWORKS = []
    asked, connected = [], []

    def resolve(host: str, port: int, **words: Any) -> list[Any]:
        asked.append(host)
        return [(0, 0, 0, "", (address, port)) for address in ("1.1.1.1", "10.0.0.1")]

    def connect(*args: Any, **words: Any) -> Any:
        connected.append(args)
        raise OSError

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("socket.create_connection", connect)
    assert posting.post("https://rebind.example/", b"", {}).error == "private"
    assert (asked, connected) == (["rebind.example"], [])
    monkeypatch.setattr("socket.getaddrinfo", lambda host, port, **words: resolve(host, port)[:1])
    assert posting.post("https://rebind.example/", b"", {}).error == "connection"
    assert [args[0] for args in connected] == [("1.1.1.1", 443)]


def test_a_store_has_so_many_and_no_more(in_chengdu: Tenant, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = []
    manager = manager_of(in_chengdu)
    for _one in range(rules().most):
        endpoint, secret = actions.create(manager, url="https://example.com/", names=["import.failed"], now=NOW)
        assert unseal(endpoint.secret) == secret
        assert secret not in endpoint.secret
    with pytest.raises(DomainError):
        actions.create(manager, url="https://example.com/", names=["import.failed"], now=NOW)


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "ftp://example.com/", "https://example.com:22/", "https://user:pw@example.com/",
     "https://", "example.com", "https://exa mple.com/", "https://example.com/\r\nX: y", "https://例子.com/",
     "https://example.com/#x", "https://example.com:99999/", "https://[::1", "x" * 501, ""],
)  # fmt: skip
def test_addresses_that_are_none_are_refused(in_chengdu: Tenant, settings: Any, url: str) -> None:
    settings.WEBHOOK_NETWORKS = []
    with pytest.raises(DomainError):
        actions.create(manager_of(in_chengdu), url=url, names=["import.failed"], now=NOW)
    assert not Endpoint.objects.exists()


def test_only_managers_and_only_their_own_stores(chengdu: Tenant, suzhou: Tenant, settings: Any) -> None:
    with inside(chengdu):
        key = an_endpoint()
        specialist = manager_of(chengdu, "crc_specialist")
        for deed in (
            lambda: actions.create(specialist, url="https://example.com/", names=["import.failed"], now=NOW),
            lambda: actions.renew_secret(specialist, key, NOW),
            lambda: actions.switch(specialist, key, on=False, now=NOW),
            lambda: actions.remove(specialist, key, NOW),
            lambda: actions.ping(specialist, key, NOW),
            lambda: actions.replay(specialist, key, NOW),
            lambda: letters(specialist, key),
        ):
            with pytest.raises(Forbidden):
                deed()
        assert fresh(key).state == "active"
    with inside(suzhou):
        for verb in (actions.renew_secret, actions.remove, actions.ping):
            with pytest.raises(NotFound):
                verb(manager_of(suzhou), key, NOW)
