"""Everything that a tenant takes with it: every table as CSV and as JSON lines, its files, and what they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.db import connections
from django.utils import timezone, translation
from psycopg import sql

from sanfang.tenancy.rollout.states import digests
from tenants.life import archives, folders, snapshot
from tenants.life.cells import BOM, write_rows
from tenants.life.descriptions import descriptions
from tenants.life.platform_part import write_platform_part
from tenants.life.work import Heard, alone_with, deed, refuse_unless
from tenants.models import State, Tenant
from tenants.queries import address_of


@dataclass(frozen=True, slots=True)
class Exported:
    tables: int
    rows: int
    files: int
    sha256: str = ""

    @property
    def counts(self) -> dict[str, int]:
        return {"tables": self.tables, "rows": self.rows, "files": self.files}


def export_tenant(tenant: Tenant, target: Path, heard: Heard, *, by: str, dry_run: bool = False) -> Exported:
    """Writes ``target`` (a zip), which is there whole or not at all. A dry run only counts."""
    with alone_with(tenant, look_only=dry_run):
        refuse_unless(tenant, State.READY, State.SUSPENDED, State.LEAVING)
        archives.refuse_place(target)
        if dry_run:
            return _count(tenant, heard)
        with deed(tenant, "export", by, file=target.name) as row:
            done = write(tenant, target, heard, by=by)
            row.details["sha256"] = done.sha256
        return done


def _count(tenant: Tenant, heard: Heard) -> Exported:
    rows = 0
    with snapshot.snapshot_of() as raw:
        tables = snapshot.tables_of(raw, tenant.schema_name)
        for number, table in enumerate(tables, start=1):
            rows += snapshot.count_rows(raw, tenant.schema_name, table.name)
            heard(table.name, number, len(tables))
    return Exported(len(tables), rows, sum(1 for _file in folders.files_of(tenant.schema_name)))


def write(tenant: Tenant, target: Path, heard: Heard, *, by: str) -> Exported:
    """The archive itself, for whoever is alone with the tenant."""
    schema, at = tenant.schema_name, timezone.now()
    with archives.writing(target) as archive:
        with snapshot.snapshot_of(tenant.time_zone) as raw:
            tables = snapshot.tables_of(raw, schema)
            found: dict[str, dict[str, Any]] = {}
            for number, table in enumerate(tables, start=1):
                found[table.name] = {
                    **described(table.name),
                    "rows": _write_table(raw, schema, table, archive),
                    "columns": [{"name": one.name, "type": one.type} for one in table.columns],
                }
                heard(table.name, number, len(tables))
            platform = write_platform_part(raw, tenant, archive)
        files = archive.put_folder(schema, heard)
        archive.put("README.txt", BOM + readme(tenant, found, platform, files))
        archive.close_with(
            {
                "what": "export",
                "tenant": {"schema": schema, "slug": tenant.slug, "name": tenant.name, "kind": tenant.kind},
                "address": address_of(tenant),
                "taken_at": at.isoformat(),
                "by": by,
                "digest": digests(connections["provisioner"], [schema])[schema],
                "tables": found,
                "platform": platform,
            }
        )
    return Exported(len(found), sum(one["rows"] for one in found.values()), files, archives.sha256_of(target))


def _write_table(raw: psycopg.Connection[Any], schema: str, table: snapshot.Table, archive: archives.Archive) -> int:
    members = (f"csv/{table.name}.csv", f"json/{table.name}.jsonl")
    source = sql.Identifier(schema, table.name)
    return write_rows(raw, archive, members, source, {column.name: column.is_number for column in table.columns})


def described(table: str) -> dict[str, str]:
    """What a table is, in both languages: ``tables.yaml``, else the name its model has."""
    known = descriptions().get(table)
    if known:
        return known
    model = next((one for one in apps.get_models(include_auto_created=True) if one._meta.db_table == table), None)
    names = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(language):
            names[key] = str(model._meta.verbose_name) if model else table
    return names


README = """\
{name}（{slug}）的全部数据 · Everything of {slug}

这是什么 · What this is
  csv/   每张表一个 CSV 文件，UTF-8（带 BOM），可用 Excel 打开。以 = + - @（含全角）开头的文字前
         加了一个单引号，以免被当作公式。手机号、VIN 等长编号请在导入时选“文本”。
  json/  同样的表，每行一条 JSON，数值与文字原样保留，适合交给别的系统。
  platform/ 平台登记的内容：租户、网址、成员（姓名、邮箱、手机号）、隶属关系、操作记录。
  files/ 上传过的文件。
  manifest.json 列出每张表的列和行数、每个文件的大小与 SHA-256 校验值。

  csv/   one CSV file for each table, UTF-8 with BOM, opens in Excel. Text that begins with = + - @ has a
         quotation mark before it, so that it isn't taken for a formula. Import mobile numbers and VINs as text.
  json/  the same tables, one JSON object a line, values exactly as they are: for other systems.
  platform/ what the platform holds: the tenant, its addresses, its members with name, e-mail and phone, to whom it
         belongs, what was done with it.
  files/ the files that were uploaded.
  manifest.json lists the columns and rows of each table, and the size and SHA-256 of every file.

其中含有个人信息，请妥善保管。 · It holds personal data: keep it safe.

表 · Tables
{tables}

平台登记 · On the platform
{platform}

文件 · Files: {files}
"""


def readme(tenant: Tenant, tables: dict[str, dict[str, Any]], platform: dict[str, dict[str, Any]], files: int) -> str:
    return README.format(
        name=tenant.name, slug=tenant.slug, tables=_listed(tables), platform=_listed(platform), files=files
    )


def _listed(parts: dict[str, dict[str, Any]]) -> str:
    return "\n".join(f"  {name}（{one['rows']}）\n    {one['zh']}\n    {one['en']}" for name, one in parts.items())
