from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.health import told
from tenants.life.speech import Speaking

NOT_SEEN = 2
UNSEEN = "could not be looked at"


class Command(Speaking):
    """Exit code 1: something is beyond its limits; 2: nothing is as far as could be seen, but not all could be."""

    help = gettext_lazy(  # type: ignore[assignment]
        "列出超出限度的情况（tenants/alarms.yaml）。有则退出码为 1，无法查看则为 2，供外部监控使用。"
    )
    failed = NOT_SEEN

    def handle(self, *args: Any, **options: Any) -> None:
        found = told()
        if found:
            seen = [one for one in found if UNSEEN not in one]
            raise CommandError("\n".join(found), returncode=1 if seen else NOT_SEEN)
        self.stdout.write(_("一切都在限度之内"))
