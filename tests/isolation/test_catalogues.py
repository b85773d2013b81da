"""What PostgreSQL's catalogues and functions tell a store about another one. Accepted: docs/threat-model.md."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from care_support import a_customer, everything
from catalogue_support import MARK, Session, answer, calls, ids_of, session_of, system_relations
from django.db import connections

from sanfang.tenancy.context import inside
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("own_database")

# Relations of the system in which a foreign schema's name stands: opaque words, sizes, counters. Nothing else.
SHOW_A_NAME = {
    *("pg_namespace", "pg_class", "pg_tables", "pg_indexes", "pg_sequences", "pg_default_acl"),
    *("pg_roles", "pg_group", "information_schema.udt_privileges"),
    *(f"pg_{kind}_{whose}_{what}" for kind in ("stat", "statio") for whose in ("all", "user") for what in (
        "tables", "indexes", "sequences")),
    *("pg_stat_xact_all_tables", "pg_stat_xact_user_tables"),
    "pg_stats",  # samples of the catalogues above; of others' tables there are none, below
}  # fmt: skip
# Those in which its tables stand by number alone: columns, constraints, indexes, triggers, dependencies.
SHOW_AN_ID = SHOW_A_NAME | {
    *("pg_attribute", "pg_constraint", "pg_index", "pg_trigger", "pg_type", "pg_depend", "pg_shdepend", "pg_locks"),
}
# Functions that answer something about another's table when given its number: sizes, counters, what it is made of.
TELL_OF_A_TABLE = (
    *("pg_stat_get_", "pg_relation_", "pg_table_", "pg_total_relation_size", "pg_indexes_size", "pg_column_is_"),
    *("pg_get_replica_identity_index", "pg_get_sequence_data", "pg_is_other_temp_schema", "pg_get_userbyid"),
    *("pg_identify_object", "pg_describe_object", "row_security_active", "reg", "to_reg", "has_", "btequalimage"),
    *("pg_has_role", "pg_partition_", "pg_type_is_visible"),
)
# Functions that only turn their arguments over.
TURN_OVER = ("oid", "nameconcatoid", "btoid", "hash", "acldefault", "format_type", "bpchar", "varchar", "int8")


@pytest.fixture
def foreign(network: dict[str, Tenant]) -> Tenant:
    """Another store with customers, of whom PostgreSQL has statistics."""
    tenant = network["suzhou"]
    with inside(tenant):
        for number in range(30):
            a_customer(name=f"{MARK}{number}", mobile=f"154277700{number:02}")
    with session_of(tenant) as own:
        own.execute("ANALYZE customers_customer")
    return tenant


@pytest.fixture
def own(network: dict[str, Tenant]) -> Iterator[Session]:
    with session_of(network["chengdu"]) as session:
        yield session


def test_system_tables_and_views_hold_no_row_and_name_no_more_than_listed(foreign: Tenant, own: Session) -> None:
    ids, read = ids_of(foreign), 0
    leaks, named, numbered = [], set(), set()
    for relation, columns in system_relations(own):
        try:
            rows = own.execute(f"SELECT r::text FROM {relation} r".encode()).fetchall()
        except psycopg.errors.InsufficientPrivilege:
            continue
        read += 1
        text = "\n".join(row[0] for row in rows)
        if MARK in text or foreign.city in text:
            leaks.append(relation)
        if foreign.schema_name in text:
            named.add(relation)
        for column in columns:
            found = own.execute(
                f"SELECT 1 FROM {relation} WHERE {column} = ANY (%s::oid[])".encode(),
                [[ids["table"], ids["namespace"]]],
            ).fetchone()
            if found:
                numbered.add(relation)
    assert read > 150
    assert not leaks
    assert named <= SHOW_A_NAME
    assert numbered <= SHOW_AN_ID
    assert "pg_class" in named, "the test looks at something that can be seen"
    sampled = own.execute("SELECT DISTINCT schemaname FROM pg_stats").fetchall()
    assert {schema for (schema,) in sampled} <= {"pg_catalog", "information_schema", "t_cast_chengdu"}


def test_no_function_gives_away_a_row_or_changes_one(foreign: Tenant, own: Session) -> None:
    """Every function a store may call, asked about another's schema, table and role in every way it can be."""
    with inside(foreign):
        before = everything()
    tried, leaks, telling = 0, [], set()
    ids = ids_of(foreign)
    own.autocommit = False
    for name, statement, arguments in calls(own, ids):
        said = answer(own, statement, arguments)
        own.rollback()  # whatever a function changed or locked
        tried += 1
        if MARK in said:
            leaks.append((name, arguments))
        about = {ids["table"], ids["namespace"], ids["role"]} & set(arguments)
        if about and said and not said.startswith("error:") and not name.startswith(TURN_OVER):
            telling.add(name)
    assert tried > 2000
    assert not leaks
    assert {name for name in telling if not name.startswith(TELL_OF_A_TABLE)} == set()
    with inside(foreign):
        assert everything() == before


def test_a_function_with_its_makers_rights_would_be_noticed(foreign: Tenant, own: Session) -> None:
    """The bug for which the test above is there, planted."""
    with connections["provisioner"].cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION public.peek(wanted text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS "
            "$$ DECLARE found text; BEGIN EXECUTE wanted INTO found; RETURN found; END $$"
        )
        try:
            asked = [call for call in calls(own, ids_of(foreign)) if call[0] == "peek"]
            told = [answer(own, statement, arguments) for _name, statement, arguments in asked]
        finally:
            cursor.execute("DROP FUNCTION public.peek")
    assert any(MARK in said for said in told)


def test_what_others_are_asking_right_now_cannot_be_read(foreign: Tenant, own: Session) -> None:
    """All stores log in as one login; PostgreSQL shows statements to whoever has that login's rights. A role hasn't."""
    with session_of(foreign) as busy:
        busy.execute(f"SELECT 1 FROM customers_customer WHERE name = '{MARK}1'".encode())
        shown = own.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [busy.info.backend_pid]).fetchall()
        assert shown == [("<insufficient privilege>",)]
        for function in ("pg_cancel_backend", "pg_terminate_backend"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                own.execute(f"SELECT {function}(%s)".encode(), [busy.info.backend_pid])
        assert busy.execute("SELECT 1").fetchone() == (1,)


STATEMENTS = (Path(__file__).parent / "refused.sql").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_gets_at_another_schema_or_out_of_the_database(
    foreign: Tenant, own: Session, statement: str
) -> None:
    own.autocommit = statement.startswith("ALTER SYSTEM")
    written = statement.format(schema=foreign.schema_name, table=f"{foreign.schema_name}.customers_customer")
    with pytest.raises(psycopg.Error) as refusal:
        own.execute(written.encode())
    own.rollback()
    # Not for a mistake in the statement: refused, or the thing isn't there (an extension, a server).
    allowed = (
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.UndefinedObject,
        psycopg.errors.CantChangeRuntimeParam,
    )
    assert isinstance(refusal.value, allowed), refusal.value
    assert MARK not in str(refusal.value)


def test_large_objects_that_no_schema_holds_cannot_be_made(own: Session) -> None:
    """One would outlive its tenant, be in no backup of it, and show its owner and its number to all."""
    for statement in ("SELECT lo_create(0)", "SELECT lo_creat(-1)", "SELECT lo_from_bytea(0, 'x')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            own.execute(statement.encode())


def test_row_estimates_of_public_tables_tell_nothing_of_other_tenants(foreign: Tenant, own: Session) -> None:
    """The planner looks at samples of all rows, also of those that row-level security hides (EXPLAIN, bisecting)."""
    with connections["provisioner"].cursor() as cursor:
        for number in range(40):
            Tenant.objects.create(
                kind="dealer", slug=f"many-{number:02}", name=f"店{number:02}", short_name=f"店{number:02}", city="某城"
            )
        cursor.execute("ANALYZE public.tenants_tenant")
    try:
        for column in ("name", "short_name", "slug", "code", "city", "phone"):
            for tests in (("< '0'", "< 'n'", "< '店2'", "< '龥'"), ("= '某城'", "= '无城'")):
                told = {_estimate(own, f"{column} {test}") for test in tests}
                assert len(told) == 1, f"{column}: {told}"
    finally:
        Tenant.objects.filter(slug__startswith="many-").delete()


def _estimate(own: Session, condition: str) -> int:
    plan = own.execute(f"EXPLAIN (FORMAT JSON) SELECT FROM tenants_tenant WHERE {condition}".encode()).fetchone()
    assert plan is not None
    return int(plan[0][0]["Plan"]["Plan Rows"])


def test_conditions_see_no_row_that_is_hidden(foreign: Tenant, own: Session) -> None:
    """An error in a condition would quote the row it failed on: row-level security comes before it."""
    for condition in ("name::int = 1", "1 / (length(name) - length(name)) = 1", "substr(name, 1, -length(name)) = ''"):
        with pytest.raises(psycopg.Error) as refusal:
            own.execute(f"SELECT * FROM tenants_tenant WHERE {condition}".encode())
        assert foreign.name not in str(refusal.value)
    own.execute("SELECT * FROM tenants_tenant WHERE 1 / (length(name) - %s) = 9", [len(foreign.name)])


def test_no_column_of_a_table_with_hidden_rows_is_sampled(own: Session) -> None:
    """A column added later is the planner's again unless its migration says otherwise (tenants/0004)."""
    sampled = own.execute(
        "SELECT attrelid::regclass::text, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
        "WHERE relrowsecurity AND attnum > 0 AND NOT attisdropped AND coalesce(attstattarget, -1) <> 0"
    ).fetchall()
    assert sampled == []


def test_the_product_has_no_channel_that_all_stores_share() -> None:
    """Whoever may run SQL may signal to others by LISTEN and NOTIFY; what nobody listens to carries nothing."""
    channel = re.compile(r"\b(pg_notify|LISTEN|NOTIFY|UNLISTEN|lo_create|lo_from_bytea|dblink)\b")
    root = Path(__file__).resolve().parents[2]
    parts = ("platform", "tenants", "crm", "frontend", "infra/demo")
    sources = [path for part in parts for path in (root / part).rglob("*.py")]
    assert len(sources) > 200
    assert [str(path) for path in sources if channel.search(path.read_text(encoding="utf-8"))] == []
