"""Every route by every role, with marked data in two stores: nothing of one is in an answer, a log line or a cache
key of the other's, of a group's, a car maker's or the platform's."""

import re
from collections import Counter

import pytest
from day_support import MARKS, MOBILES, RUN, SLUGS, Day, live_through, mark
from desk_support import a_days_work
from django.core.cache import cache

from infra.demo.cast import NETWORK
from sanfang.tenancy.context import inside
from tenants.models import Tenant
from tenants.queries import forget_tenants

pytestmark = pytest.mark.usefixtures("own_database")
STORES = SLUGS["dealer"]
# What the platform keeps for all in one place, and nothing else: by tenants' addresses, visitors' addresses, hashes.
SHARED_KEYS = r"tenants:version|tenant:[a-z0-9.-]+|survey:(misses:[0-9a-f.:]*|submits:[0-9a-f]{64})|readyz"


@pytest.fixture(scope="module")
def day(own_database: str) -> Day:
    forget_tenants()
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.all()}
    a_days_work(tenants["chengdu"])
    for slug in STORES:
        mark(tenants[slug])
    return live_through(tenants)


def test_no_answer_shows_another_stores_words(day: Day) -> None:
    leaks = [
        (one.slug, one.route, one.role)
        for one in day.answers
        for slug in STORES
        if slug != one.slug and (MARKS[slug] in one.text or re.search(rf"{MOBILES[slug]}\d{{7}}", one.text))
    ]
    assert not leaks


def test_the_marks_can_be_seen_where_they_belong(day: Day) -> None:
    """Without this the test above would pass on data that no page shows."""
    for slug in STORES:
        showing = Counter(one.route for one in day.of(slug) if MARKS[slug] in one.text)
        assert len(showing) > 12, showing
    assert len(day.answers) > 500


def test_no_answer_names_anybody_who_works_elsewhere(day: Day) -> None:
    """Staff of a store are named nowhere else; stores themselves only where they belong to somebody."""
    people = {slug: {one.email for one in NETWORK.dealer(slug).staff} for slug in STORES}
    leaks = [
        (one.slug, one.route)
        for one in day.answers
        for slug in STORES
        if slug != one.slug and any(email in one.text for email in people[slug])
    ]
    assert not leaks
    full = {slug: NETWORK.dealer(slug).name for slug in STORES}
    for here, there in (STORES, STORES[::-1]):
        assert not [one.route for one in day.of(here) if full[there] in one.text]
    assert not [one.route for one in day.of("yuanting") if full["suzhou"] in one.text], "not of this group"


def test_another_stores_ids_are_refused_alike_everywhere(day: Day) -> None:
    foreign = [one for one in day.answers if one.route.endswith(" foreign")]
    assert len(foreign) > 100
    assert {one.status for one in foreign} == {404}
    assert not [one.route for one in day.answers if one.status >= 500]


def test_every_log_line_says_whose_it_is(day: Day) -> None:
    requests = [line for _slug, line in day.lines if line.get("logger") == "sanfang.request"]
    assert len(requests) == len(day.answers)
    assert not [(slug, line) for slug, line in day.lines if slug and line.get("tenant") != slug]


def test_no_log_line_has_anything_of_a_person(day: Day) -> None:
    personal = re.compile(
        "|".join(
            [*MARKS.values(), r"(?<!\d)1[3-9]\d{9}(?!\d)", "陈雅琴", "川A8K26N", r"LS4ASE2A0\d{8}", "@\\w+\\.example"]
        )
    )
    assert len(day.lines) > 500
    assert not [line for _slug, line in day.lines if personal.search(str(line))]


def test_every_cache_key_has_its_tenant_or_is_known_to_be_shared(day: Day) -> None:
    schemas = {slug: f"t_cast_{slug}" for slug in STORES}
    own = re.compile(rf"(public|{'|'.join(schemas.values())}):default{RUN}:\d+:.+")
    shared = re.compile(rf"shared{RUN}:\d+:({SHARED_KEYS})")
    assert not [key for key in day.keys if not own.fullmatch(key) and not shared.fullmatch(key)]
    for schema in schemas.values():
        assert any(key.startswith(f"{schema}:") for key in day.keys), "imports note their progress"
    assert any(shared.fullmatch(key) for key in day.keys)


def test_a_key_of_one_store_is_not_found_in_another(day: Day) -> None:
    tenants = {tenant.slug: tenant for tenant in Tenant.objects.all()}
    for slug in STORES:
        with inside(tenants[slug]):
            cache.set("the-same", slug, 30)
    for slug in STORES:
        with inside(tenants[slug]):
            assert cache.get("the-same") == slug
            cache.delete("the-same")
            assert cache.get("the-same") is None
    assert cache.get("the-same") is None
