"""``manage.py simulate_pack PACK EVENTS.json --until YYYY-MM-DD``: no tenant, no service, no database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sanfang.standards.packs import PackError, load_pack
from sanfang.standards.simulation import EventFileError, parse, simulate
from sanfang.standards.simulation.faults import told_at
from sanfang.standards.simulation.rows import read_day

UNREADABLE = 2
"""Exit code when pack, file or date can't be used; nothing is printed then."""


class Command(BaseCommand):
    help = str(gettext_lazy("按标准包推算：给出一份事件文件，列出到某日为止应做的全部回访（每行一个 JSON）。"))
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pack", metavar="PACK")
        parser.add_argument("events", metavar="EVENTS.json")
        parser.add_argument("--until", required=True, metavar="YYYY-MM-DD")

    def handle(self, *args: Any, pack: str, events: str, until: str, **options: Any) -> None:
        day = read_day(until)
        if day is None:
            message = _("“%(value)s”不是日期（YYYY-MM-DD）。") % {"value": until}
            raise CommandError(told_at("--until", message), returncode=UNREADABLE)
        try:
            standard = load_pack(pack)
        except PackError as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        try:
            file = parse(Path(events).read_text(encoding="utf-8-sig"))
            lines = simulate(standard, file, day)
        except (OSError, UnicodeDecodeError) as error:
            unreadable = _("文件无法读取：%(why)s") % {"why": error}
            raise CommandError(told_at(events, unreadable), returncode=UNREADABLE) from error
        except EventFileError as error:
            told = "\n".join(told_at(events, line) for line in str(error).splitlines())
            raise CommandError(told, returncode=UNREADABLE) from error
        for warning in file.warnings:
            self.stderr.write(told_at(events, warning))
        for line in lines:
            self.stdout.write(line)
