import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sanfang.kernel.errors import DomainError
from tenants.health import lines
from tenants.life import commands as life
from tenants.life.inviting import FIRST_ROLE, invite
from tenants.life.speech import Speaking
from tenants.provisioning import TENANT_KINDS, claim
from tenants.queries import address_of


class Command(Speaking):
    help = gettext_lazy(  # type: ignore[assignment]
        "开通、列出、停用、启用租户；导出、备份、恢复一个租户，或让它退出。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help=_("开通一个租户"))
        create.add_argument("kind", choices=[str(kind.value) for kind in TENANT_KINDS])
        create.add_argument("slug", help=_("网址的第一段，例如 chengdu"))
        create.add_argument("name", help=_("全称"))
        create.add_argument("--short-name", help=_("列表中的简称；不写则取全称的前 20 个字"))
        create.add_argument("--city", default="")
        create.add_argument("--phone", default="")
        create.add_argument("--time-zone", default="Asia/Shanghai")
        create.add_argument("--manager-email", default="", help=_("第一位负责人的邮箱；会给出设置密码的链接"))
        create.add_argument("--manager-name", default="", help=_("第一位负责人的姓名"))
        verbs.add_parser("list", help=_("列出全部租户"))
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
        email, name = options["manager_email"], options["manager_name"]
        if bool(email) != bool(name):
            raise CommandError(_("--manager-email 和 --manager-name 请一起写。"), returncode=life.MISUSED)
        if email:
            validate_email(email)
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
        if email:
            role = FIRST_ROLE[options["kind"]]
            self.stdout.write(invite(tenant, name=name, email=email, role=role, by=getpass.getuser()))

    def list(self, options: dict[str, Any]) -> None:
        """Size as of the last vacuum; lag: how long the oldest import, or message whose time has come, waits."""
        now = timezone.now()
        self.stdout.write("slug\tkind\tstate\tversion\tsize\tlag\tschema\tname\taddress\tread-only because")
        for line in lines():
            one, lag = line.tenant, line.lag(now)
            version = f"{line.version} " + (
                f"{line.behind} behind" if line.behind else "current" if line.version else "none"
            )
            self.stdout.write(
                f"{one.slug}\t{one.kind}\t{one.state}\t{version}\t{line.size / 2**20:.1f} MB\t"
                f"{int(lag.total_seconds() / 60)} min\t{one.schema_name}\t{one.name}\t{address_of(one)}\t{one.behind}"
            )
