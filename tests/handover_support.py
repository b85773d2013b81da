"""A person of two stores, and the way between them: 李娜 works in chengdu and suzhou."""

from urllib.parse import urlsplit

import database
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client

from infra.demo.cast import NETWORK
from tenants.actions import add_member
from tenants.models import Tenant, User

LINA = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "李娜")
ZHOU = next(person for person in NETWORK.dealer("chengdu").staff if person.name == "周思颖")
LOGIN = "/accounts/login/"
INSIDE, OUTSIDE = 200, 302


def nowhere_signed_in(network: dict[str, Tenant]) -> None:
    """李娜 works in both stores and is signed in nowhere."""
    Session.objects.all().delete()
    lina = User.objects.get(email=LINA.email)
    Authenticator.objects.filter(user=lina).delete()
    lina.is_active = True
    lina.set_password(database.PASSWORD)
    lina.save()
    for slug in ("chengdu", "suzhou"):
        add_member(network[slug], lina, "crc_specialist")


def signed_in(host: str = "chengdu.localhost", login: str = LINA.email, **extra: object) -> Client:
    client = Client(SERVER_NAME=host, **extra)  # type: ignore[arg-type]
    client.post(LOGIN, {"login": login, "password": database.PASSWORD})
    assert client.get("/complaints/").status_code == INSIDE
    return client


def depart(client: Client, slug: str = "suzhou") -> str:
    answer = client.post("/accounts/departure/", {"tenant": slug})
    assert answer.status_code == 302
    assert answer["Referrer-Policy"] == "no-referrer"
    return str(answer["Location"])


def arrive(address: str, client: Client | None = None, host: str = "") -> Client:
    parts = urlsplit(address)
    client = client or Client(SERVER_NAME=host or parts.hostname or "")
    client.arrived = client.get(f"{parts.path}?{parts.query}")  # type: ignore[attr-defined]
    return client


def assert_refused(client: Client, words: str) -> None:
    answer = client.arrived  # type: ignore[attr-defined]
    assert (answer.status_code, answer["Location"]) == (302, LOGIN)
    assert answer["Referrer-Policy"] == "no-referrer"
    page = client.get(LOGIN)
    assert words in page.content.decode()
    assert client.get("/complaints/").status_code == OUTSIDE
