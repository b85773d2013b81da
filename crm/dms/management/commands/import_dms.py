import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from crm.dms import actions, beside, carrying, running, storing
from crm.dms.errors import FileRefused
from crm.dms.fields import KINDS, Kind
from crm.dms.models import ImportRun
from crm.dms.progress import Watch
from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door, inside
from tenants.models import Kind as TenantKind
from tenants.models import Tenant


class Command(BaseCommand):
    """Exit code 0 when the file was read, with faults or without; 2 when it was not, and then stderr says why."""

    help = (
        "Imports a DMS file into a dealership and prints what came of it as one JSON object. Rows with faults are "
        "written beside the file (<name>-errors.csv or .xlsx), in its own columns and with the reason. A file of that "
        "name that no import wrote stays; then the rows go to <name>-errors-2.csv, and error_file says so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help="the dealership's slug, as `manage.py tenant list` shows it")
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only say what would come of it")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            tenant = _dealer(options["tenant"])
        except (OperationalError, InterfaceError) as error:
            raise CommandError(f"The database can't be reached: {error}", returncode=2) from error
        if not path.is_file():
            raise CommandError(f"There is no file {path}. Name the file that the DMS exported.", returncode=2)
        with inside(tenant):
            try:
                import_file = _dry_run if options["dry_run"] else _import
                result, error_file = import_file(path, options["kind"])
            except (FileRefused, DomainError) as refusal:
                raise CommandError(f"{path}: {refusal}", returncode=2) from refusal
            except (OperationalError, InterfaceError) as error:
                message = (
                    f"The database went away: {error}\nNothing was imported. Import the file again once it is back."
                )
                raise CommandError(message, returncode=2) from error
            except OSError as error:
                raise CommandError(f"{error.filename or path}: {error.strerror or error}", returncode=2) from error
        told = _told(result)
        if error_file:
            told["error_file"] = str(error_file)
        self.stdout.write(json.dumps(told, ensure_ascii=False))


def _dealer(slug: str) -> Tenant:
    with door():
        tenant: Tenant | None = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise CommandError(f"There is no tenant {slug!r}. `manage.py tenant list` shows them.", returncode=2)
    if tenant.kind != TenantKind.DEALER:
        raise CommandError(f"{slug!r} is no dealership: only dealerships import files.", returncode=2)
    if not tenant.is_open:
        raise CommandError(f"{slug!r} is {tenant.state}: nothing can be imported until it is open.", returncode=2)
    return tenant


def _dry_run(path: Path, kind: str) -> tuple[carrying.Result, None]:
    reading = storing.read_from(path, cast(Kind, kind))
    return carrying.compare_only(reading, now=timezone.now(), watch=Watch()), None


def _import(path: Path, kind: str) -> tuple[carrying.Result, Path | None]:
    """The same way as an upload goes, only here and now; and where its error file is, if not in the usual place."""
    now = timezone.now()
    with path.open("rb") as file:
        run = actions.receive(None, kind=kind, filename=path.name, content=File(file, name=path.name), now=now)
    actions.queue(run, now=now)
    result = running.apply(run.pk)
    run = ImportRun.objects.get(pk=run.pk)
    if result is None:
        raise DomainError(run.message)
    return result, _left_beside(path, run)


def _left_beside(path: Path, run: ImportRun) -> Path | None:
    """Puts the error file there and takes away those of earlier imports; gives its place if it isn't the usual one.

    The import stands, whatever happens here; that is what the exit code and the answer are about.
    """
    place = None
    try:
        if run.error_file:
            place = beside.put(Path(default_storage.path(run.error_file)), path)
        for strange in beside.clear(path, place):
            sys.stderr.write(f"{strange} is not of this import, nor left by an earlier one: it stays as it is.\n")
    except OSError as error:
        sys.stderr.write(f"The faulty rows could not be written beside {path}: {error.strerror}\n")
    if place is None or place == beside.usual_place(path, place.suffix):
        return None
    sys.stderr.write(f"The faulty rows are in {place}.\n")
    return place


def _told(result: carrying.Result) -> dict[str, Any]:
    staged, counts = result.staged, result.counts
    return {
        "rows": staged.rows,
        "new": counts.new,
        "changed": counts.changed,
        "same": counts.same,
        "faulty": staged.faulty,
        "faults": [asdict(fault) for fault in result.faults],
        "warnings": [asdict(warning) for warning in result.warnings],
    }
