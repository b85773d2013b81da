from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sanfang.kernel.errors import DomainError
from tenants.health import lines
from tenants.life import commands as life
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
        """Size as of the last vacuum; lag: how long the oldest import, or message whose time has come, waits."""
        now = timezone.now()
        self.stdout.write("slug\tkind\tstate\tversion\tsize\tlag\tschema\tname\taddress")
        for line in lines():
            one, lag = line.tenant, line.lag(now)
            version = f"{line.version} " + (
                f"{line.behind} behind" if line.behind else "current" if line.version else "none"
            )
            self.stdout.write(
                f"{one.slug}\t{one.kind}\t{one.state}\t{version}\t{line.size / 2**20:.1f} MB\t"
                f"{int(lag.total_seconds() / 60)} min\t{one.schema_name}\t{one.name}\t{address_of(one)}"
            )
