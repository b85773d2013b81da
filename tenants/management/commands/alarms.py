from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.health import told


class Command(BaseCommand):
    help = "Says what is beyond its limits (tenants/alarms.yaml). Exit code 1 when anything is, for a monitor outside."

    def handle(self, *args: Any, **options: Any) -> None:
        found = told()
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write("nothing is beyond its limits")
