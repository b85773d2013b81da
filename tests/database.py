"""The test databases: one template with the demo network's tenants, built once; copies of it in a moment.

The template is known by a fingerprint of everything that shapes it, so a changed migration builds a new one.
Schema names are fixed, because database roles belong to the cluster and every copy shares them.
"""

import hashlib
import os
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from sanfang.ops.roles import bootstrap

ROOT = Path(__file__).resolve().parent.parent
SHAPES = (
    "platform/sanfang/**/migrations/*.py",
    "tenants/**/*.py",
    "tenants/roles.yaml",
    "crm/*/migrations/*.py",
    "api/**/migrations/*.py",
    "crm/store/*.py",
    "infra/database/*.sql",
    "infra/demo/cast.py",
    "infra/demo/staff.py",
    "infra/demo/opening.py",
    "platform/sanfang/tenancy/rollout/*.py",
    "platform/sanfang/tenancy/sql.py",
    "platform/sanfang/audit/operations.py",
    "tests/database.py",
)
KEPT = 3
DEALERS = ("chengdu", "suzhou")
PASSWORD = "correct horse 4 tests"
GO_LIVE = date(2026, 1, 1)
SECRETS = settings.VAR / "test" / "secrets"


def fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in SHAPES:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def admin_url() -> str:
    url = os.environ["SANFANG_TEST_ADMIN_URL"]
    if not url:
        raise RuntimeError("Tests make databases: DATABASE_URL must be an administrator's address.")
    return url


def ensure_template() -> str:
    """The name of a database with the network in it, built now if it isn't there."""
    name = f"sanfang_tpl_{fingerprint()}"
    with psycopg.connect(admin_url(), autocommit=True) as admin:
        # Two workers start at once: one builds, the other waits.
        admin.execute("SELECT pg_advisory_lock(hashtext('sanfang test template'))")
        if not _exists(admin, name):
            # The newest few stay: another run may be copying one.
            for stale in _databases(admin, "sanfang_tpl_")[:-KEPT]:
                _drop(admin, stale)
            building = f"{name}_building"
            _drop(admin, building)
            _build(building)
            admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (building, name))))
    return name


def copy(template: str, name: str) -> None:
    """A fresh database ``name`` with everything of ``template``."""
    with psycopg.connect(admin_url(), autocommit=True) as admin:
        _drop(admin, name)
        statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
        admin.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))
    # What is granted on a database itself doesn't come with the copy.
    bootstrap(admin_url(), name, SECRETS)


def drop_orphans() -> None:
    """Databases of test processes that were killed."""
    with psycopg.connect(admin_url(), autocommit=True) as admin:
        for name in [*_databases(admin, "sanfang_run_"), *_databases(admin, "sanfang_own_")]:
            if not Path(f"/proc/{name.rsplit('_', 1)[1]}").exists():
                _drop(admin, name)


def drop_roles_of_nobody() -> None:
    """Roles belong to the cluster: those of schemas whose database is gone stay behind when a run is killed."""
    with psycopg.connect(admin_url(), autocommit=True) as admin:
        rows = admin.execute(
            "SELECT rolname FROM pg_roles WHERE rolname ~ '^t_' AND rolname !~ '^t_cast_' AND NOT EXISTS "
            "(SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = pg_roles.oid)"
        ).fetchall()
        for (name,) in rows:
            # Another run may be at the same.
            with suppress(psycopg.Error):
                admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def drop(name: str) -> None:
    with psycopg.connect(admin_url(), autocommit=True) as admin:
        _drop(admin, name)


def use(name: str) -> None:
    """Points every connection of this process, of all threads, at database ``name``."""
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        connections.settings[alias]["NAME"] = name


def _build(name: str) -> None:
    from crm.store.actions import open_store
    from infra.demo.opening import open_network
    from sanfang.tenancy.context import inside
    from tenants import migrating, provisioning, templates
    from tenants.models import PooledSchema

    bootstrap(admin_url(), name, SECRETS)
    use(name)
    report = migrating.migrate_everything(lambda target, error: None, lambda behind: None)
    assert not report.failed, report.failed
    for kind, slugs in (("dealer", DEALERS), ("group", ("yuanting",)), ("oem", ("lanchuan",))):
        for slug in slugs:
            # Named, not generated: database roles belong to the cluster, and every copy shares them.
            PooledSchema.objects.create(schema_name=f"t_cast_{slug}", kind=kind, ready=True)
            provisioning.make_schema(f"t_cast_{slug}")
            templates.replay(templates.template_sql(kind), templates.template_of(kind), f"t_cast_{slug}")
    tenants = open_network(PASSWORD, dealers=DEALERS)
    for slug in DEALERS:
        with inside(tenants[slug]):
            open_store(go_live=GO_LIVE)
    for alias in connections:
        connections[alias].close()


def _databases(admin: psycopg.Connection[Any], prefix: str) -> list[str]:
    rows = admin.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid", [prefix]
    ).fetchall()
    return [row[0] for row in rows]


def _exists(admin: psycopg.Connection[Any], name: str) -> bool:
    return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _drop(admin: psycopg.Connection[Any], name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def process_environment(name: str) -> dict[str, str]:
    """What a process that a test starts needs in order to work on the database ``name``."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "sanfang.settings.test",
        "DATABASE_URL": address_of("default", name),
        "DATABASE_PROVISIONER_URL": address_of("provisioner", name),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SANFANG_VAR": os.environ.get("SANFANG_VAR", str(ROOT / "var")),
    }


def address_of(alias: str, name: str) -> str:
    """Where a process of its own finds the database ``name``, as the login that ``alias`` uses."""
    given = connections[alias].settings_dict
    return f"postgresql://{quote(given['USER'])}:{quote(given['PASSWORD'])}@{given['HOST']}:{given['PORT']}/{name}"
