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
from life_support import everything, files_of, new_store, rows_of, schemas, silent

from crm.customers.models import Customer
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from tenants.life import exporting, snapshot
from tenants.life.exporting import export_tenant
from tenants.life.models import Deed
from tenants.models import State, Tenant

pytestmark = pytest.mark.usefixtures("own_database", "filled")
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '"quoted", 逗号\n换行', "普通"]


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
        for text in EVIL:
            Customer.objects.create(name=text, mobile="")
    file = exported(chengdu, tmp_path)
    raw = file.read("csv/customers_customer.csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    names = {row["name"] for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))}
    assert {text if text in EVIL[6:] else f"'{text}" for text in EVIL} <= names
    assert not [name for name in names if name.startswith(exporting.FORMULA)]
    lines = file.read("json/customers_customer.jsonl").decode().splitlines()
    assert set(EVIL) <= {json.loads(line)["name"] for line in lines}


def test_numbers_stay_numbers() -> None:
    assert exporting.line([exporting.safe("-5"), "-5", None]) == b"'-5,-5,\r\n"


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
    for table, words in exporting._descriptions().items():
        assert table in text
        assert words["zh"] in text
        assert words["en"] in text


@pytest.mark.parametrize("slug", ["chengdu", "yuanting", "lanchuan"])
def test_every_table_is_described(network: dict[str, Tenant], slug: str) -> None:
    assert set(rows_of(network[slug].schema_name)) - {"sequences"} <= set(exporting._descriptions())


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
