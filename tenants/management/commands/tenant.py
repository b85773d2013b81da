from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.actions import resume, suspend
from tenants.life import commands as life
from tenants.models import Tenant
from tenants.provisioning import TENANT_KINDS, claim
from tenants.queries import address_of


class Command(BaseCommand):
    help = "Creates, lists, suspends and resumes tenants; exports, backs up and restores one, lets one go."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="takes a ready schema from the pool")
        create.add_argument("kind", choices=[str(kind.value) for kind in TENANT_KINDS])
        create.add_argument("slug", help="host name part: <slug>.localhost")
        create.add_argument("name", help="full name")
        create.add_argument("--short-name", help="name for lists; the full name's first 20 characters without it")
        create.add_argument("--city", default="")
        create.add_argument("--phone", default="")
        create.add_argument("--time-zone", default="Asia/Shanghai")
        verbs.add_parser("list")
        for verb in ("suspend", "resume"):
            verbs.add_parser(verb).add_argument("slug")
        life.add_verbs(verbs)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] in life.VERBS:
            life.run(options, self.stdout.write)
            return
        try:
            getattr(self, options["verb"])(options)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error

    def create(self, options: dict[str, Any]) -> None:
        tenant = claim(
            kind=options["kind"],
            slug=options["slug"],
            name=options["name"],
            short_name=options["short_name"] or options["name"][:20],
            city=options["city"],
            phone=options["phone"],
            time_zone=options["time_zone"],
        )
        self.stdout.write(f"{tenant.slug}\t{tenant.schema_name}\t{address_of(tenant)}")

    def list(self, options: dict[str, Any]) -> None:
        with door():
            for tenant in Tenant.objects.order_by("kind", "slug"):
                self.stdout.write(
                    f"{tenant.slug}\t{tenant.kind}\t{tenant.state}\t{tenant.schema_name}\t{tenant.name}\t{address_of(tenant)}"
                )

    def suspend(self, options: dict[str, Any]) -> None:
        suspend(self._tenant(options["slug"]))

    def resume(self, options: dict[str, Any]) -> None:
        resume(self._tenant(options["slug"]))

    @staticmethod
    def _tenant(slug: str) -> Tenant:
        found: Tenant | None = Tenant.objects.filter(slug=slug).first()
        if found is None:
            raise CommandError(f"There is no tenant {slug!r}. `manage.py tenant list` shows them.")
        return found
