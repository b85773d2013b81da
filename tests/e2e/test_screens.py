"""Every screen, in both languages and both themes: nothing that axe objects to, and no Chinese on an English page.

Chinese that is data stays: names of people, cars and stores, what customers and colleagues wrote.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from care_support import everything
from desk_support import Store, a_days_work
from django.core.files.storage import default_storage
from playwright.sync_api import Page
from pytest_django import DjangoDbBlocker
from screens_support import look

from crm.complaints.models import Complaint
from sanfang.tenancy.context import door, inside
from sanfang.tenancy.models import Staff
from tenants.models import Affiliation, Tenant, User

pytestmark = [pytest.mark.browser]

LOOKS = [("zh-CN", "light"), ("en-US", "dark")]
"""Language and theme. Words don't depend on the theme nor colours on the language, so two of the four show all there
is to see; ``EVERY_LOOK=1`` takes all four."""
if os.environ.get("EVERY_LOOK"):
    LOOKS += [("zh-CN", "dark"), ("en-US", "light")]


MANAGERS = [
    "/team/",
    "/team/work/",
    "/team/deputies/",
    "/kpis/",
    "/kpis/figure/?kpi=csi",
    "/kpis/records/?kpi=callback_coverage",
    "/checks/",
    "/reports/?kind=service",
    "/reports/month/",
]


@pytest.fixture(scope="module")
def store_day(server: Any, django_db_blocker: DjangoDbBlocker) -> Iterator[Store]:
    with django_db_blocker.unblock():
        yield a_days_work(Tenant.objects.get(slug="chengdu"))


@pytest.fixture(scope="module")
def data(store_day: Store, django_db_blocker: DjangoDbBlocker) -> str:
    """Everything that stands in the stores' tables and files, and the names of tenants, regions and people."""
    texts: list[str] = []
    for run in store_day.imports.values():
        with inside(Tenant.objects.get(slug="chengdu")), default_storage.open(run.file) as file:
            texts.append(file.read().decode("gb18030"))
    for slug in ("chengdu", "suzhou"):
        with inside(Tenant.objects.get(slug=slug)):
            texts += [row for rows in everything().values() for row in rows]
    with door():
        for tenant in Tenant.objects.all():
            texts += [tenant.name, tenant.short_name, tenant.city]
        texts += Affiliation.objects.values_list("region", flat=True)
        texts += User.objects.values_list("name", flat=True)
    return "\n".join(texts)


def addresses(store: Store) -> dict[str, list[str]]:
    """Whose page it is → the screens they open; nobody's are a visitor's."""
    call = {name: f"/workbench/{one.pk}/" for name, one in store.calls.items()}
    run = {state: f"/imports/{one.pk}" for state, one in store.imports.items()}
    with inside(Tenant.objects.get(slug="chengdu")):
        leaver = Staff.objects.get(name="廖晨").pk
        complaint = f"/complaints/{Complaint.objects.earliest('registered_at').pk}/"
    return {
        "李娜": [
            "/workbench/",
            call["陈静怡"],
            call["刘雅琴"],
            call["王海燕"],
            call["冯洁"],
            "/tracking/",
            "/tracking/?show=corrected",
            "/customers/?q=陈",
            "/customers/?q=zzzz",
            f"/customers/{store.calls['王海燕'].customer_id}/",
            "/workbench/?whose=mine",
            "/messages/",
            "/messages/outbox/",
            "/imports/",
            "/imports/new/",
            f"{run['uploaded']}/mapping/",
            f"{run['checked']}/preview/",
            f"{run['failed']}/progress/",
            f"{run['done']}/result/",
            "/accounts/2fa/",
            "/accounts/2fa/totp/activate/",
            "/accounts/password/change/",
            "/accounts/logout/",
            "/nothing-here/",
            "/staff/",
        ],
        "徐梦婷": ["/workbench/"],
        "蒋国华": ["/complaints/", complaint],
        "邓凯": ["/tracking/"],
        "陈雅婷": MANAGERS,
        "唐敏": ["/staff/", f"/staff/{leaver}/removal/", "/standards/?weeks=8", "/standards/choice/?pack=saic-vw-crc"],
        "段景行": ["/stores/"],
        "姜书恒": ["/dealers/"],
        "方以宁": ["/tenants/"],
    }


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_screens_of_those_who_work_here(
    sign_in: Callable[..., Page], site: Callable[..., str], store_day: Store, data: str, language: str, theme: str
) -> None:
    wrong = []
    for name, paths in addresses(store_day).items():
        page = sign_in(name, locale=language, color_scheme=theme, refusals=True)
        base = page.url.split("/", 3)
        for path in paths:
            page.goto(f"{base[0]}//{base[2]}{path}")
            for opener in page.locator(".row-form:not([open]) summary").all()[:1]:
                opener.click()
            wrong += [f"{name} {path} {one}" for one in look(page, language, data)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_screens_of_visitors_and_customers(
    new_page: Callable[..., Page], site: Callable[..., str], store_day: Store, data: str, language: str, theme: str
) -> None:
    wrong = []
    page = new_page(refusals=True, locale=language, color_scheme=theme)
    for address in (
        site(),
        site("chengdu", "/accounts/login/"),
        site("chengdu", "/accounts/password/reset/"),
        site("chengdu", "/accounts/password/reset/key/x-y/"),
        site("chengdu", "/accounts/signup/"),
        site("nobody"),
        site("", "/nothing-here/"),
        site("", store_day.link),
        site("", "/s/unknowncode"),
    ):
        page.goto(address)
        wrong += [f"{address} {one}" for one in look(page, language, data)]
    page.goto(site("", store_day.link))
    page.get_by_role("button").last.click()
    wrong += [f"survey with errors {one}" for one in look(page, language, data)]
    assert not wrong, "\n".join(wrong)
