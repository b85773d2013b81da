"""What a dealership takes with it: all of it, of one moment, readable by people, spreadsheets and programs."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import database
import pytest
from django.utils import timezone
from life_support import everything, files_of, new_store, rows_of, schemas, silent

from crm.customers.models import Customer
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from tenants.life import cells, exporting, snapshot
from tenants.life.descriptions import descriptions
from tenants.life.exporting import export_tenant
from tenants.life.models import Deed
from tenants.models import Membership, State, Tenant, User

pytestmark = pytest.mark.usefixtures("own_database", "filled")
EVIL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\n=1",
    " =1+1",
    "\u3000=1",
    "＝1+1",
    "＠SUM(1)",
    "＋1",
    "－1",
    "\ufeff=1",
    "\u200b\u202e=1",
    "\xa0 @x",
    "﹢1",
]
PLAIN = ['"quoted", 逗号\n换行', "普通", " 空格", "a=1", "a\n=1", "'=1"]


def exported(tenant: Tenant, folder: Path) -> zipfile.ZipFile:
    target = folder / "all.zip"
    export_tenant(tenant, target, silent, by="运维")
    return zipfile.ZipFile(target)


def test_every_table_row_and_file_is_in_it(chengdu: Tenant, tmp_path: Path) -> None:
    rows, files = rows_of(chengdu.schema_name), files_of(chengdu.schema_name)
    del rows["sequences"]
    file = exported(chengdu, tmp_path)
    about = json.loads(file.read("manifest.json"))
    assert {name: table["rows"] for name, table in about["tables"].items()} == {
        name: len(found) for name, found in rows.items()
    }
    assert about["tenant"]["kind"] == "dealer"
    assert len(about["digest"]) == 32
    for table, found in rows.items():
        lines = file.read(f"json/{table}.jsonl").decode().splitlines()
        assert len(lines) == len(found), table
        cells = list(csv.reader(io.StringIO(file.read(f"csv/{table}.csv").decode("utf-8-sig"))))
        assert cells[0] == [column["name"] for column in about["tables"][table]["columns"]]
        assert len(cells) == len(found) + 1, table
        if found:
            assert set(json.loads(lines[0])) == set(cells[0])
    assert {name.removeprefix("files/"): file.read(name) for name in file.namelist() if name[:6] == "files/"} == files
    for name, written in about["members"].items():
        content = file.read(name)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (written["size"], written["sha256"]), name
    assert set(file.namelist()) == {*about["members"], "manifest.json", "manifest.sig"}


def test_cells_are_safe_in_a_spreadsheet_and_exact_in_json(chengdu: Tenant, tmp_path: Path) -> None:
    with inside(chengdu):
        for text in EVIL + PLAIN:
            Customer.objects.create(name=text, mobile="")
    file = exported(chengdu, tmp_path)
    raw = file.read("csv/customers_customer.csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    names = {row["name"] for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))}
    assert {*(f"'{text}" for text in EVIL), *PLAIN} <= names
    assert not names & set(EVIL)
    lines = file.read("json/customers_customer.jsonl").decode().splitlines()
    assert {*EVIL, *PLAIN} <= {json.loads(line)["name"] for line in lines}


def test_numbers_stay_numbers() -> None:
    assert cells.line([cells.safe("-5"), "-5", None]) == b"'-5,-5,\r\n"


def test_it_is_one_moment(chengdu: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written while it runs is in none of its tables."""
    real = exporting._write_table

    def meanwhile(raw: Any, schema: str, table: snapshot.Table, archive: Any) -> int:
        if table.name == "audit_access":  # the first of them
            with inside(chengdu):
                Customer.objects.create(name="后来的人")
        return real(raw, schema, table, archive)

    monkeypatch.setattr(exporting, "_write_table", meanwhile)
    file = exported(chengdu, tmp_path)
    for name in ("csv/customers_customer.csv", "json/customers_customer.jsonl", "json/audit_history.jsonl"):
        assert "后来的人" not in file.read(name).decode()
    with inside(chengdu):
        assert Customer.objects.filter(name="后来的人").exists()


def test_the_readme_names_every_table_in_both_languages(chengdu: Tenant, tmp_path: Path) -> None:
    text = exported(chengdu, tmp_path).read("README.txt").decode("utf-8-sig")
    for table, words in descriptions().items():
        assert table in text
        assert words["zh"] in text
        assert words["en"] in text


def lines(file: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    """A part of the platform's, as JSON has it; and CSV says the same."""
    found = [json.loads(line) for line in file.read(f"platform/{name}.jsonl").decode().splitlines()]
    rows = list(csv.DictReader(io.StringIO(file.read(f"platform/{name}.csv").decode("utf-8-sig"))))
    assert len(rows) == len(found)
    assert not found or set(rows[0]) == set(found[0])
    return found


@pytest.mark.parametrize("slug", ["chengdu", "yuanting", "lanchuan"])
def test_what_the_platform_holds_of_it_is_in_it(network: dict[str, Tenant], tmp_path: Path, slug: str) -> None:
    """A group's schema knows none of its stores, and no schema its people's addresses."""
    tenant = network[slug]
    gone = Membership.objects.filter(tenant=tenant, ended_at=None).order_by("pk").first()
    assert gone is not None
    Membership.objects.filter(pk=gone.pk).update(ended_at=timezone.now())
    file = exported(tenant, tmp_path)
    Membership.objects.filter(pk=gone.pk).update(ended_at=None)
    (row,) = lines(file, "tenant")
    assert (row["slug"], row["name"], row["kind"], row["phone"]) == (slug, tenant.name, tenant.kind, tenant.phone)
    assert {one["domain"] for one in lines(file, "addresses")} == {f"{slug}.localhost"}
    people = {(one.user.name, one.user.email, one.user.phone, one.role) for one in tenant.memberships.all()}
    assert {(one["name"], one["email"], one["phone"], one["role"]) for one in lines(file, "memberships")} == people
    assert len([one for one in lines(file, "memberships") if one["ended_at"]]) == 1
    others = {("member", one.member.slug, one.region) for one in tenant.members.all()} | {
        ("holder", one.holder.slug, one.region) for one in tenant.holders.all()
    }
    assert others
    assert {(one["other_is"], one["slug"], one["region"]) for one in lines(file, "affiliations")} == others
    assert [(one["verb"], one["by"]) for one in lines(file, "deeds")][-1] == ("export", "运维")
    about = json.loads(file.read("manifest.json"))["platform"]
    assert {name: one["rows"] for name, one in about.items()} == {name: len(lines(file, name)) for name in about}


def test_no_password_and_nobody_elses_people_are_in_it(suzhou: Tenant, tmp_path: Path) -> None:
    file = exported(suzhou, tmp_path)
    platform = "".join(file.read(name).decode() for name in file.namelist() if name.startswith("platform/"))
    here = set(suzhou.memberships.values_list("user_id", flat=True))
    for user in User.objects.exclude(email=None):
        assert user.password not in platform
        assert (f'"{user.email}"' in platform) == (user.pk in here)


@pytest.mark.parametrize("slug", ["chengdu", "yuanting", "lanchuan"])
def test_every_table_is_described(network: dict[str, Tenant], slug: str) -> None:
    assert set(rows_of(network[slug].schema_name)) - {"sequences"} <= set(descriptions())


def test_cancelled_it_leaves_nothing(chengdu: Tenant, tmp_path: Path) -> None:
    def cancel(what: str, number: int, total: int) -> None:
        if number == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_tenant(chengdu, tmp_path / "all.zip", cancel, by="运维")
    assert list(tmp_path.iterdir()) == []
    assert Deed.objects.latest("pk").outcome == "failed"


def test_no_file_is_overwritten(chengdu: Tenant, tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_text("mine")
    with pytest.raises(DomainError) as refused:
        export_tenant(chengdu, tmp_path / "all.zip", silent, by="运维")
    assert refused.value.code == "file_exists"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_dry_run_counts_and_writes_nothing(chengdu: Tenant, tmp_path: Path) -> None:
    before, deeds = everything(chengdu), Deed.objects.count()
    counted = export_tenant(chengdu, tmp_path / "all.zip", silent, by="运维", dry_run=True)
    assert list(tmp_path.iterdir()) == []
    assert (everything(chengdu), Deed.objects.count()) == (before, deeds)
    done = export_tenant(chengdu, tmp_path / "all.zip", silent, by="运维")
    assert (counted.tables, counted.rows, counted.files) == (done.tables, done.rows, done.files)


def test_nobody_elses_rows_are_in_it(chengdu: Tenant, suzhou: Tenant, tmp_path: Path) -> None:
    with inside(suzhou):
        Customer.objects.create(name="苏州专属")
    file = exported(chengdu, tmp_path)
    assert not [name for name in file.namelist() if "苏州专属" in file.read(name).decode("utf-8", "ignore")]


MEASURED = """
import re, django
django.setup()
from pathlib import Path
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
from tenants.life.exporting import export_tenant
from tenants.models import Tenant
tenant, folder = Tenant.objects.get(slug="many-rows"), Path({folder!r})
export_tenant(Tenant.objects.get(slug="suzhou"), folder / "small.zip", lambda *said: None, by="x")
before = peak()
export_tenant(tenant, folder / "big.zip", lambda *said: None, by="x")
print(peak() - before)
"""


def test_a_link_leads_nowhere(suzhou: Tenant, own_media: Path, tmp_path: Path) -> None:
    """A link in the store's folder would carry another store's files along."""
    secret = own_media / "secret.csv"
    secret.write_text("另一家店的")
    link = own_media / suzhou.schema_name / "imports" / "link.csv"
    link.symlink_to(secret)
    file = exported(suzhou, tmp_path)
    link.unlink()
    assert "files/imports/维修工单.csv" in file.namelist()
    assert "files/imports/link.csv" not in file.namelist()


def test_memory_stays_flat(own_database: str, tmp_path: Path) -> None:
    """Measured from outside: what the database's library holds isn't Python's."""
    store = new_store("many-rows")
    with inside(store):
        Customer.objects.bulk_create(Customer(name=f"客户{number}" * 5) for number in range(30_000))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(folder=str(tmp_path))],
        env=database.process_environment(own_database),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "big.zip") as file:
        assert file.getinfo("json/customers_customer.jsonl").file_size > 10_000_000
    assert int(done.stdout) < 15_000, f"{done.stdout.strip()} KiB"


def test_who_is_gone_has_nothing_to_take(chengdu: Tenant, tmp_path: Path) -> None:
    Tenant.objects.filter(pk=chengdu.pk).update(state=State.GONE)
    with pytest.raises(DomainError):
        export_tenant(chengdu, tmp_path / "all.zip", silent, by="运维")
    Tenant.objects.filter(pk=chengdu.pk).update(state=State.READY)
    assert list(tmp_path.iterdir()) == []
    assert schemas("%_before_%") == []
