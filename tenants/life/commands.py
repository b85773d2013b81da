"""The verbs of ``manage.py tenant`` on a tenant as a whole. Each has a dry run that changes nothing.

Exit codes: 0 done, 1 refused or failed, 2 misused, 3 somebody else is at work there, 130 cancelled.
"""

import getpass
import signal
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.life import aside, certificates
from tenants.life.backing_up import back_up, backups
from tenants.life.erasing import confirm, erase
from tenants.life.exporting import export_tenant
from tenants.life.leaving import leave
from tenants.life.restoring import restore
from tenants.life.suspending import resume, suspend
from tenants.life.work import AtWork, alone_with, deed
from tenants.models import Tenant

Told = Callable[[str], None]
Verb = Callable[[dict[str, Any], Told], None]
AT_WORK, CANCELLED = 3, 130
CANCELLED_SAYS = "Cancelled. What was begun is undone, or is led to its end within a minute."


def add_verbs(verbs: Any) -> None:
    _verb(verbs, "suspend", "closes a tenant to its people; its data stay as they are")
    _verb(verbs, "resume", "opens a suspended tenant again")
    one = _verb(verbs, "export", "everything of a tenant, to take along")
    one.add_argument("--to", type=Path, required=True, metavar="FILE.zip")
    one = _verb(verbs, "backup", "a backup of one tenant, while it works")
    one.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    one = _verb(verbs, "backups", "the backups of a tenant in a folder")
    one.add_argument("--in", dest="folder", type=Path, required=True, metavar="FOLDER")
    one = _verb(verbs, "restore", "puts one tenant back to a backup; closed meanwhile")
    one.add_argument("file", type=Path)
    _verb(verbs, "discard-restored", "drops what restores set aside")
    one = _verb(verbs, "leave", "exports a tenant, ends its memberships and protects its data for the legal period")
    one.add_argument("--reason", required=True)
    one = _verb(verbs, "erase", "erases a tenant that has left, after that period, with a certificate")
    one.add_argument("--confirm", default="", metavar="SLUG")
    one.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="where the certificate goes")
    verify = verbs.add_parser("verify-certificate", help="says whether this platform wrote a certificate")
    verify.add_argument("file", type=Path)


def _verb(verbs: Any, name: str, text: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=text)
    parser.add_argument("slug")
    parser.add_argument("--dry-run", action="store_true", help="says what would be done, and changes nothing")
    parser.add_argument("--by", default=getpass.getuser(), help="who does it, for the record")
    return parser


def run(options: dict[str, Any], told: Told) -> None:
    """Does ``options["verb"]``. What goes wrong is one line and an exit code."""
    with _cancellable():
        try:
            VERBS[options["verb"]](options, told)
        except AtWork as error:
            raise CommandError(str(error), returncode=AT_WORK) from error
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError(CANCELLED_SAYS, returncode=CANCELLED) from error


@contextmanager
def _cancellable() -> Iterator[None]:
    """A polite kill is answered like Ctrl-C: by clearing up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def tenant_called(slug: str) -> Tenant:
    with door():
        found: Tenant | None = Tenant.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no tenant {slug!r}. `manage.py tenant list` shows them.")
    return found


def _heard(told: Told) -> Callable[[str, int, int], None]:
    return lambda what, number, total: told(f"[{number}/{total}] {what}")


def _suspend(options: dict[str, Any], told: Told) -> None:
    suspend(tenant_called(options["slug"]), by=options["by"], dry_run=options["dry_run"])
    told(f"{options['slug']} {'would be' if options['dry_run'] else 'is'} suspended")


def _resume(options: dict[str, Any], told: Told) -> None:
    resume(tenant_called(options["slug"]), by=options["by"], dry_run=options["dry_run"])
    told(f"{options['slug']} {'would be' if options['dry_run'] else 'is'} open again")


def _export(options: dict[str, Any], told: Told) -> None:
    done = export_tenant(
        tenant_called(options["slug"]), options["to"], _heard(told), by=options["by"], dry_run=options["dry_run"]
    )
    verb = "would be exported" if options["dry_run"] else f"exported to {options['to']} (SHA-256 {done.sha256})"
    told(f"{done.tables} tables, {done.rows} rows, {done.files} files {verb}")


def _backup(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    path = back_up(tenant, options["to"], by=options["by"], heard=_heard(told), dry_run=options["dry_run"])
    told(f"would be written: {path}" if options["dry_run"] else f"{path}\t{path.stat().st_size} bytes")


def _backups(options: dict[str, Any], told: Told) -> None:
    for found in backups(tenant_called(options["slug"]), options["folder"]):
        about = found.trouble or f"{found.taken_at:%Y-%m-%d %H:%M:%S %Z}\t{found.rows} rows"
        told(f"{found.path.name}\t{about}")


def _restore(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    done = restore(tenant, options["file"], by=options["by"], heard=_heard(told), dry_run=options["dry_run"])
    verb = "would be" if options["dry_run"] else "is"
    told(f"{tenant.slug} {verb} as of {done.taken_at}: {done.rows} rows, {done.files} files")
    if not options["dry_run"]:
        told(f"What was there before is kept as {done.set_aside}; `tenant discard-restored {tenant.slug}` drops it.")


def _discard(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    with alone_with(tenant, look_only=options["dry_run"]):
        names = aside.set_aside(tenant.schema_name)
        if names and not options["dry_run"]:
            with deed(tenant, "discard", options["by"], schemas=names):
                aside.discard_all(tenant)
    for name in names:
        told(f"{name}\t{'would be dropped' if options['dry_run'] else 'dropped'}")


def _leave(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    left = leave(tenant, reason=options["reason"], by=options["by"], heard=_heard(told), dry_run=options["dry_run"])
    would = "would leave" if options["dry_run"] else "has left"
    told(f"{tenant.slug} {would}: {left.memberships} memberships ended, export {left.export}")
    told(f"protected until {left.protected_until}: {'; '.join(left.laws)}")


def _erase(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    if options["dry_run"]:
        for key, value in erase(tenant, by=options["by"], heard=_heard(told), dry_run=True).items():
            told(f"{key}\t{value}")
        return
    confirm(tenant, options["confirm"])
    signed = erase(tenant, by=options["by"], heard=_heard(told))
    for path in certificates.write(signed, options["to"]):
        told(str(path))


def _verify(options: dict[str, Any], told: Told) -> None:
    said = certificates.verify(options["file"])
    told(f"genuine: {said['tenant']['slug']}, {said['erased']['rows']} rows, erased at {said['erased_at']}")


VERBS: dict[str, Verb] = {
    "suspend": _suspend,
    "resume": _resume,
    "export": _export,
    "backup": _backup,
    "backups": _backups,
    "restore": _restore,
    "discard-restored": _discard,
    "leave": _leave,
    "erase": _erase,
    "verify-certificate": _verify,
}
