import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError, CommandParser

from sanfang.tenancy.rollout.fleet import Busy
from sanfang.tenancy.rollout.states import Target
from tenants.life.speech import Speaking
from tenants.migrating import UnknownCanary, behind, migrate_everything
from tenants.provisioning import TENANT_KINDS, refill


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not 1 or more")
    return int(text)


SHOWN = 1.0
"""Seconds between two lines of progress."""


class Command(Speaking):
    """Exit code 1 when a schema failed, or with ``--check`` when one is behind."""

    help = "Migrates public, the templates, the pool and every tenant, and refills the pool of ready schemas."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; say what is behind")
        parser.add_argument("--no-pool", action="store_true", help="don't make schemas ahead")
        parser.add_argument("--canary", action="append", default=[], metavar="SLUG", help="migrate this tenant first")
        parser.add_argument("--parallel", type=_at_least_one, default=4, metavar="N", help="schemas at a time (4)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        self.began = self.shown = time.monotonic()
        self.done = self.total = 0
        try:
            report = migrate_everything(
                self._heard, self._told, canaries=set(options["canary"]), parallel=options["parallel"]
            )
        except Busy as error:
            raise CommandError(str(error)) from error
        except UnknownCanary as error:
            raise CommandError(
                f"No tenant is called {error}; nothing was migrated. (--canary, MIGRATION_CANARIES)"
            ) from error
        done = len(report.current)
        self.stdout.write(f"{done} schemas up to date ({time.monotonic() - self.began:.1f} s)")
        if report.stopped:
            raise CommandError(f"Stopped before the other tenants were touched. {report.stopped}")
        if report.failed:
            raise CommandError(
                f"{len(report.failed)} of {report.behind} failed; tenants among them are read-only until "
                "migrate_tenants succeeds there. Their reasons stand above."
            )
        if not options["no_pool"]:
            self._refill()

    def _refill(self) -> None:
        for kind in TENANT_KINDS:
            try:
                made = refill(kind)
            except Busy:
                # The migrations are done; whoever is at work now, or the scheduler, fills it.
                self.stdout.write("pool: left for the scheduler")
                return
            if made:
                self.stdout.write(f"pool: {made} × {kind}")

    def _told(self, total: int) -> None:
        self.total = total
        self.stdout.write(f"{total} schemas to migrate")

    def _heard(self, target: Target, error: str) -> None:
        self.done += 1
        if error:
            self.stderr.write(f"FAILED {target.label} ({target.schema}): {error}")
        now = time.monotonic()
        if now - self.shown >= SHOWN or self.done == self.total:
            self.shown = now
            self.stdout.write(f"{self.done}/{self.total} ({now - self.began:.0f} s)")

    def _check(self) -> None:
        found = behind()
        for one in found:
            self.stdout.write(f"{one.label}: {one.count} missing, first {one.first}")
        if found and found[0].schema == "public":
            raise CommandError("public is behind; what the tenants lack can be asked when it isn't.")
        if found:
            raise CommandError(f"{len(found)} schemas are behind. manage.py migrate_tenants brings them up to date.")
        self.stdout.write("all schemas are up to date")
