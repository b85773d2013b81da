"""Versions of the product yet to come: the migrations on disk and some more behind them."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

import database
import psycopg
import pytest
from django.conf import settings
from django.db import connections

from sanfang.tenancy.rollout import fleet
from sanfang.tenancy.rollout.states import Target
from tenants.migrating import migrate_everything

HEAD = """
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("{app}", "{after}")]
    {body}
"""

Later = Callable[..., None]


@contextmanager
def write_later(folder: Path, app: str, *bodies: str) -> Iterator[None]:
    """Until the block ends the app's migrations are those on disk and one more for each text."""
    package = f"later_{folder.name}_{app}_{len(list(folder.iterdir()))}".replace("-", "_")
    (folder / package).mkdir()
    on_disk = Path(str(import_module(f"crm.{app}.migrations").__file__)).parent
    # A package of two folders: what is on disk, and what comes later.
    (folder / package / "__init__.py").write_text(f"__path__ = [{str(on_disk)!r}, {str(folder / package)!r}]\n")
    after = max(path.stem for path in on_disk.glob("0*.py"))
    for position, body in enumerate(bodies):
        name = f"09{position:02d}_later"
        text = HEAD.format(app=app, after=after, body=textwrap.indent(textwrap.dedent(body), "    ").strip())
        (folder / package / f"{name}.py").write_text(text)
        after = name
    invalidate_caches()
    sys.path.insert(0, str(folder))
    before = settings.MIGRATION_MODULES
    settings.MIGRATION_MODULES = {**before, app: package}
    try:
        yield
    finally:
        settings.MIGRATION_MODULES = before
        sys.path.remove(str(folder))


@pytest.fixture
def fresh(own_database: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test begins with the fleet as it is on disk."""
    template = request.getfixturevalue("template_database")
    for alias in connections:
        connections[alias].close()
    database.copy(template, own_database)
    yield
    for alias in connections:
        connections[alias].close()


@pytest.fixture
def admin(own_database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.admin_url().rsplit("/", 1)[0] + f"/{own_database}", autocommit=True) as found:
        yield found


@pytest.fixture
def later(tmp_path: Path) -> Iterator[Later]:
    """``later("customers", "operations = […]", …)``: from now on, until the test ends."""
    with ExitStack() as stack:
        yield lambda app, *bodies: stack.enter_context(write_later(tmp_path, app, *bodies))


def column(name: str, field: str = "models.IntegerField(null=True)") -> str:
    return f'operations = [migrations.AddField("customer", "{name}", {field})]'


def roll_out(**options: Any) -> tuple[fleet.Report, list[tuple[str, str]]]:
    """The report, and what was heard: label and error in order."""
    heard: list[tuple[str, str]] = []

    def hear(target: Target, error: str) -> None:
        heard.append((target.label, error))

    return migrate_everything(hear, lambda behind: None, **options), heard


def columns(schema: str, table: str = "customers_customer") -> set[str]:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
            [schema, table],
        )
        return {row[0] for row in cursor.fetchall()}


def recorded(schema: str) -> list[tuple[str, str]]:
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(f'SELECT app, name FROM "{schema}".django_migrations ORDER BY app, name')
        return [(app, name) for app, name in cursor.fetchall()]
