"""A real browser against the whole product: a database of the module's own, work in the background done at once.

  site(host, path)        the full address, e.g. site("chengdu", "/workbench/")
  sign_in("李娜")          a page of that person's, whose session is made without the form: quicker
  sign_in_by_form("李娜")  the same, by what a person types
  page                    a fresh page of a visitor's
Every page fails its test on console errors, answers ≥ 400 (but for new_page(refusals=True)) and foreign hosts.
"""

import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import browser_support
import database
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from infra.demo.cast import NETWORK, Dealer, Holder

# Playwright's synchronous interface runs a loop in this thread; Django would refuse its queries otherwise.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

Site = Callable[..., str]
NewPage = Callable[..., Page]
PATIENCE = 15_000
"""Milliseconds: a loaded machine is slow, and waiting costs nothing when all goes well."""
expect.set_options(timeout=PATIENCE)
OURS = re.compile(r"http://([a-z-]+\.)?localhost:\d+/|data:|blob:")
COOKIE: dict[str, Any] = {"secure": True, "httpOnly": True, "sameSite": "Lax"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if browser_support.chromium() is None:
        for item in items:
            if "e2e" in item.path.parts:
                item.add_marker(pytest.mark.skip(reason=browser_support.SKIP_REASON))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    browser_support.prepare_fonts()
    options: dict[str, Any] = browser_support.launch_options()
    nowhere = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost"
    return {**browser_type_launch_args, **options, "args": [*options["args"], nowhere]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": {"width": 1440, "height": 900},
        "reduced_motion": "reduce",
    }


def morning() -> datetime:
    """Ten o'clock at the stores today: open, and no quiet hour in which a message would wait."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=10, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def working_hours() -> Iterator[time_machine.Traveller]:
    """The servers' clock goes on from the morning, whenever the tests run. ``shift`` moves it on."""
    with time_machine.travel(morning(), tick=True) as clock:
        yield clock


@pytest.fixture(scope="module")
def server(
    working_hours: Any, own_database: str, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    from sanfang.celery import app

    before = settings.MEDIA_ROOT, settings.PUBLIC_PORT
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock():
        app.conf.task_always_eager = app.conf.task_eager_propagates = True
        running = LiveServer("localhost")
        settings.PUBLIC_PORT = running.url.rsplit(":", 1)[1]
        yield running
        running.stop()
        app.conf.task_always_eager = app.conf.task_eager_propagates = False
    settings.MEDIA_ROOT, settings.PUBLIC_PORT = before


@pytest.fixture(scope="module")
def site(server: LiveServer) -> Site:
    port = server.url.rsplit(":", 1)[1]

    def address(slug: str = "", path: str = "/") -> str:
        return f"http://{slug + '.' if slug else ''}localhost:{port}{path}"

    return address


def watched(page: Page) -> list[str]:
    """What a page must not do; the list fills as it does."""
    faults: list[str] = []
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("response", lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    # Watched and not routed: a page whose requests are routed fetches every stylesheet anew.
    page.on("request", lambda request: None if OURS.match(request.url) else faults.append(f"foreign: {request.url}"))
    return faults


def _stop(route: Route, faults: list[str]) -> None:
    faults.append(f"foreign host: {route.request.url}")
    route.abort()


@pytest.fixture
def new_page(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[NewPage]:
    """Opens pages, each in a context of its own. ``refusals``: answers ≥ 400 that this page is there to see."""
    opened: list[tuple[BrowserContext, list[str], bool]] = []

    def make(refusals: bool = False, **context_args: Any) -> Page:
        context = browser.new_context(**{**browser_context_args, **context_args})
        page = context.new_page()
        opened.append((context, watched(page), refusals))
        return page

    yield make
    for context, _faults, _refusals in opened:
        context.close()
    assert not [fault for _context, faults, refusals in opened if not refusals for fault in faults]


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()


@pytest.fixture
def sign_in(new_page: NewPage, site: Site, client_of: Callable[..., Client]) -> Callable[..., Page]:
    """The page stands at the person's first page; ``path`` names another, None none."""

    def enter(name: str, path: str | None = "/", **context_args: Any) -> Page:
        page = new_page(**context_args)
        slug, _email = _who(name)
        session = client_of(name).cookies[settings.SESSION_COOKIE_NAME].value
        # A __Host- cookie can be put in for https only; at localhost it is sent over http as well.
        url = site(slug).replace("http:", "https:")
        cookie: Any = {**COOKIE, "name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}
        page.context.add_cookies([cookie])
        if path:
            page.goto(site(slug, path))
        return page

    return enter


@pytest.fixture
def sign_in_by_form(new_page: NewPage, site: Site) -> Callable[..., Page]:
    def enter(name: str, **context_args: Any) -> Page:
        page = new_page(**context_args)
        slug, email = _who(name)
        page.goto(site(slug, "/accounts/login/"))
        page.fill("input[name=login]", email)
        page.fill("input[name=password]", database.PASSWORD)
        with page.expect_navigation(wait_until="load"):
            page.press("input[name=password]", "Enter")
        return page

    return enter


def _who(name: str) -> tuple[str, str]:
    places: list[Dealer | Holder] = [*NETWORK.dealers, NETWORK.group, NETWORK.oem]
    for place in places:
        for person in place.staff:
            if person.name == name:
                return place.slug, person.email
    return "", next(person.email for person in NETWORK.operators if person.name == name)
