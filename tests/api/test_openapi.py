"""The description is committed, and the API does what it says: schemathesis tries.

``API_FUZZ=200`` tries so many of each kind (make api-fuzz) and tells how many requests came out how.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, cast

import pytest
import schemathesis
from address_table import a_call
from api_support import a_token
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from api import openapi
from api.urls import urlpatterns
from crm.dms.tasks import apply as apply_task
from sanfang.tenancy.context import inside
from tenants.models import Tenant

EXAMPLES = int(os.environ.get("API_FUZZ", "3"))
DOCUMENT, HOST = "/openapi.yaml", "http://chengdu.localhost"
SEEN: Counter[tuple[str, int]] = Counter()


@pytest.fixture(scope="module", autouse=True)
def told() -> Iterator[None]:
    """How many requests came out how, for whoever asked for many (pytest -s)."""
    yield
    if "API_FUZZ" in os.environ:
        for (label, status), count in sorted(SEEN.items()):
            sys.stdout.write(f"{count:7,}  {status}  {label}\n")
        sys.stdout.write(f"{sum(SEEN.values()):7,}  requests\n")


def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """The product, and its description beside it."""
    if environ["PATH_INFO"] == DOCUMENT:
        start("200 OK", [("Content-Type", "application/yaml")])
        return [openapi.COMMITTED.read_bytes()]
    answer: Iterable[bytes] = get_wsgi_application()(environ, start)
    return answer


SCHEMA = schemathesis.openapi.from_wsgi(DOCUMENT, application)
# A moment before 1900 and a cursor that nobody has given out have the right form, and are refused by name.
SCHEMA.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "304", "400", "404", "409"]
OPERATIONS: dict[str, Any] = {
    one.label: one for one in (found.ok() for found in cast(Any, SCHEMA).get_all_operations())
}


def test_the_committed_description_is_what_the_code_says() -> None:
    assert openapi.written() == openapi.COMMITTED.read_text("utf-8"), "write it anew: python -m api.openapi"


def test_every_address_is_described() -> None:
    [version] = urlpatterns
    paths = {f"/api/v1/{one.pattern}".replace("<uuid:key>", "{key}") for one in version.url_patterns}
    assert set(openapi.committed()["paths"]) == paths


def test_every_operation_says_which_scope_it_needs() -> None:
    for operations in openapi.committed()["paths"].values():
        for operation in operations.values():
            assert "cope" in operation["description"] or operation["operationId"] == "token"
            assert operation["security"] == [{"token": []}]
            assert "401" in operation["responses"]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("label", OPERATIONS)
def test_nothing_is_answered_that_is_not_described(
    chengdu: Tenant, monkeypatch: pytest.MonkeyPatch, label: str, mode: GenerationMode
) -> None:
    monkeypatch.setattr(apply_task, "later", lambda *args: None)
    _token, code = a_token(chengdu)
    with inside(chengdu):
        a_call()

    headers = {"Authorization": f"Bearer {code}"}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def tries(case: Any) -> None:
        with transaction.atomic():
            response = case.call(headers=headers, base_url=HOST)
            SEEN[label, response.status_code] += 1
            case.validate_response(response, headers=headers, transport_kwargs={"base_url": HOST})
            transaction.set_rollback(True)

    tries()
