"""The certificate of an erasure: what was erased, when and by whom, signed with the platform's key."""

import json
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.signing import BadSignature, Signer
from django.utils import timezone
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from tenants.life.descriptions import descriptions
from tenants.life.models import Departure
from tenants.life.speech import reason_of
from tenants.models import Tenant

signer = Signer(salt="tenants.life.certificate")


def certificate(tenant: Tenant, departure: Departure, *, by: str) -> dict[str, Any]:
    """Whoever erased is named, nobody else is."""
    said = {
        "what": "certificate of erasure",
        "tenant": {"schema": tenant.schema_name, "slug": tenant.slug, "name": tenant.name, "kind": tenant.kind},
        "time_zone": tenant.time_zone,
        "left_at": departure.left_at.isoformat(),
        "protected_until": departure.protected_until.isoformat(),
        "laws": departure.laws,
        "erased_at": timezone.now().isoformat(),
        "erased_by": by,
        "erased": departure.inventory,
    }
    return {"certificate": said, "signature": signer.signature(_canonical(said))}


def verify(path: Path) -> dict[str, Any]:
    """What a certificate says, if this platform said it. Raises :class:`DomainError` otherwise."""
    if path.suffix == ".txt":
        raise DomainError(_("这是供人阅读的文本。请给出同名的 .json 文件，核对的是它。"), code="give_the_json")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        said = found["certificate"]
        signer.unsign(f"{_canonical(said)}:{found['signature']}")
    except (ValueError, KeyError, TypeError, BadSignature) as error:
        raise DomainError(_("证明不是由本平台签发的，或者已被改动。"), code="not_signed") from error
    return dict(said)


def write(signed: dict[str, Any], folder: Path) -> list[Path]:
    """Two files: one for programs, which can be verified, and one for people."""
    said = signed["certificate"]
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{said['tenant']['slug']}-erasure"
    files = {
        stem.with_name(f"{stem.name}.json"): json.dumps(signed, ensure_ascii=False, indent=1),
        stem.with_name(f"{stem.name}.txt"): in_words(signed),
    }
    for path, text in files.items():
        beside = path.with_name(f".{path.name}.part")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    return list(files)


def prove_writable(folder: Path) -> None:
    """Raises :class:`DomainError` if no certificate could be put there; makes nothing. For before all is erased."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        said = _("证明放不进“%(folder)s”：%(reason)s。没有删除任何数据。")
        raise DomainError(said % {"folder": folder, "reason": reason_of(error)}, code="cant_write") from error


def not_written(slug: str, error: OSError) -> DomainError:
    said = _("%(slug)s 已删除，但证明没有写成：%(reason)s。换一个 --to 再执行一次本命令，就能得到证明。")
    return DomainError(said % {"slug": slug, "reason": reason_of(error)}, code="cant_write")


def moment(said: dict[str, Any], at: str) -> str:
    """A certificate's moment by the tenant's clock."""
    zone = ZoneInfo(said.get("time_zone", "Asia/Shanghai"))
    return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M:%S (UTC%z)}"


def counted(found: dict[str, Any]) -> Iterator[str]:
    """What a dry run of erasing found, a line each."""
    about = {"until": found["protected_until"], "laws": "; ".join(found["laws"])}
    if found["allowed"]:
        yield _("数据依法保管到 %(until)s，现在可以删除：%(laws)s") % about
    else:
        yield _("数据依法保管到 %(until)s，此前不能删除：%(laws)s") % about
    yield _("数据表 %(tables)d 张，%(rows)d 行") % {"tables": len(found["tables"]), "rows": found["rows"]}
    yield _("恢复前留存的副本 %(number)d 份") % {"number": len(found["copies"])}
    yield _("文件 %(files)d 个，%(file_bytes)d 字节") % found
    yield _("备份 %(backups)d 份，另有 %(backups_not_found)d 份已不在原处") % found
    yield _("成员关系 %(memberships)d 个") % found


def _canonical(said: dict[str, Any]) -> str:
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


WORDS = """\
数据删除证明 · Certificate of erasure

租户 Tenant            {name}（{slug}，{schema}）
退出 Left              {left_at}
保护至 Protected until {protected_until}
依据 Under             {laws}
删除 Erased            {erased_at}
操作人 By              {by}

已删除 · What was erased
  数据表 Tables        {tables}（{rows} 行 rows） SHA-256 {tables_sha256}
  留存副本 Copies      {copies}
  文件 Files           {files}（{bytes} 字节 bytes） SHA-256 {files_sha256}
  备份 Backups         {backups} SHA-256 {backups_sha256}；未找到 not found: {missing}
  成员关系 Memberships {memberships}；只属于本店的账号已匿名 accounts of nobody else's were made anonymous

每张表的行数 · Rows of each table
{each}

此前交给租户自行保管的导出文件，以及被带往别处的备份，不在平台手中。
Exports that were handed to the tenant, and backups that were carried elsewhere, are not in the platform's hands.

签名 Signature         {signature}
用 manage.py tenant verify-certificate 核对 JSON 文件 · verify the JSON file with that command
"""


def in_words(signed: dict[str, Any]) -> str:
    said = signed["certificate"]
    erased = said["erased"]
    return WORDS.format(
        **said["tenant"],
        left_at=moment(said, said["left_at"]),
        protected_until=said["protected_until"],
        laws="；".join(said["laws"]),
        erased_at=moment(said, said["erased_at"]),
        by=said["erased_by"],
        tables=len(erased["tables"]),
        copies=len(erased["copies"]),
        bytes=erased["file_bytes"],
        missing=erased["backups_not_found"],
        each="\n".join(
            f"  {name:32} {rows:>9}  {descriptions().get(name, {}).get('zh', '')}"
            for name, rows in sorted(erased["tables"].items())
        ),
        signature=signed["signature"],
        **{key: erased[key] for key in ("rows", "tables_sha256", "files", "files_sha256", "backups", "backups_sha256")},
        memberships=erased["memberships"],
    )
