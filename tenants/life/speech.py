"""How the operator's commands speak: in the language of the terminal, and of errors without a traceback."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

CANCELLED = 130
NOT_REACHED = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)

REASONS: dict[int, str | Promise] = {
    errno.ENOSPC: gettext_lazy("磁盘已满"),
    errno.EDQUOT: gettext_lazy("磁盘配额已用完"),
    errno.EACCES: gettext_lazy("没有权限"),
    errno.EPERM: gettext_lazy("没有权限"),
    errno.EROFS: gettext_lazy("磁盘是只读的"),
    errno.ENOENT: gettext_lazy("没有这个文件或文件夹"),
    errno.ENOTDIR: gettext_lazy("路径中有一部分不是文件夹"),
    errno.EISDIR: gettext_lazy("这是一个文件夹，不是文件"),
    errno.ENAMETOOLONG: gettext_lazy("名称太长"),
}


def language_of(environment: Mapping[str, str]) -> str:
    """What the terminal's locale asks for: Chinese for any zh, else English. The first that is set decides."""
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return "zh-hans" if said.lower().startswith("zh") else "en"


@contextmanager
def spoken() -> Iterator[None]:
    with translation.override(language_of(os.environ)):
        yield


def reason_of(error: OSError) -> str:
    """Why the system refused, without the file."""
    return str(REASONS.get(error.errno or 0, error.strerror or error))


def in_words(error: OSError) -> str:
    if not error.filename:
        return reason_of(error)
    return _("%(file)s：%(reason)s") % {"file": error.filename, "reason": reason_of(error)}


class Speaking(BaseCommand):
    """A command in the terminal's language, its help too. ``failed`` is the exit code when the database is away."""

    failed = 1

    def run_from_argv(self, argv: list[str]) -> None:
        with spoken():
            super().run_from_argv(argv)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        self.help = str(self.help)  # argparse takes no lazy text
        return super().create_parser(prog_name, subcommand, **kwargs)

    def execute(self, *args: Any, **options: Any) -> Any:
        with spoken():
            try:
                return super().execute(*args, **options)
            except NOT_REACHED as error:
                first = str(error).strip().partition("\n")[0]
                said = _("数据库没有应答，或者中断了：%(reason)s") % {"reason": first}
                raise CommandError(said, returncode=self.failed) from error
            except KeyboardInterrupt as error:
                raise CommandError(_("已取消。"), returncode=CANCELLED) from error
