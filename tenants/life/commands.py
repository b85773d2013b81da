"""``manage.py tenant VERB`` for what is done with a tenant as a whole: the words that are typed, and exit codes.

0 done, 1 refused or failed, 2 misused (no such tenant, nobody named), 3 somebody else is at work there, 130 cancelled.
"""

import getpass
import signal
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from tenants.life import verbs as does
from tenants.life.speech import CANCELLED, in_words
from tenants.life.verbs import Told
from tenants.life.work import AtWork

MISUSED, AT_WORK = 2, 3
MUST_BE_NAMED = {"leave", "erase"}
"""Their record outlives everybody who could be asked: an account's name (root) says nothing then."""


def add_verbs(verbs: Any) -> None:
    _verb(verbs, "suspend", _("停用租户：其人员不能进入，数据保持不变"))
    _verb(verbs, "resume", _("重新启用已停用的租户"))
    one = _verb(verbs, "add-person", _("给租户添加一个人，并给出设置密码的链接"))
    one.add_argument("--email", required=True)
    one.add_argument("--name", required=True, help=_("姓名"))
    one.add_argument("--role", required=True, help=_("岗位，例如 general_manager"))
    one = _verb(verbs, "export", _("导出租户的全部内容，供其带走"))
    one.add_argument("--to", type=Path, required=True, metavar="FILE.zip")
    one = _verb(verbs, "backup", _("备份一个租户，期间照常使用"))
    one.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    one = _verb(verbs, "backups", _("列出文件夹中该租户的备份"))
    one.add_argument("--in", dest="folder", type=Path, required=True, metavar="FOLDER")
    one.add_argument("--verify", action="store_true", help=_("把每个文件从头读到尾检查一遍"))
    one = _verb(verbs, "restore", _("把一个租户恢复到某个备份；期间不能进入"))
    one.add_argument("file", type=Path)
    one.add_argument("--confirm", default="", metavar="SLUG")
    _verb(verbs, "discard-restored", _("清除历次恢复前留存的副本"))
    one = _verb(verbs, "leave", _("租户退出：导出，结束全部成员关系，数据依法保管"))
    one.add_argument("--reason", required=True)
    one = _verb(verbs, "erase", _("保管期满后删除已退出的租户，并出具证明"))
    one.add_argument("--confirm", default="", metavar="SLUG")
    one.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help=_("证明放在哪个文件夹"))
    verify = verbs.add_parser("verify-certificate", help=_("核对证明是否由本平台签发"))
    verify.add_argument("file", type=Path, metavar="FILE.json")


def _verb(verbs: Any, name: str, text: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=text)
    parser.add_argument("slug")
    parser.add_argument("--dry-run", action="store_true", help=_("只说明会做什么，不作任何改动"))
    parser.add_argument("--by", help=_("操作人，记录在案；leave 和 erase 必须写明"))
    return parser


def run(options: dict[str, Any], told: Told) -> None:
    """Does ``options["verb"]``. What goes wrong is one line and an exit code."""
    verb = options["verb"]
    options["by"] = _who(verb, options)
    with _cancellable():
        try:
            VERBS[verb](options, told)
        except does.NoTenant as error:
            raise CommandError(str(error), returncode=MISUSED) from error
        except AtWork as error:
            raise CommandError(str(error), returncode=AT_WORK) from error
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(in_words(error)) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            said = _("已取消。已经开始的部分已撤回，或者会在一分钟内自动了结。")
            raise CommandError(said, returncode=CANCELLED) from error


def _who(verb: str, options: dict[str, Any]) -> str:
    given: str | None = options.get("by")
    missing = given is None and verb in MUST_BE_NAMED and not options.get("dry_run")
    if missing or (given is not None and not given.strip()):
        raise CommandError(_("请用 --by 写明操作人的姓名。"), returncode=MISUSED)
    return given.strip() if given else getpass.getuser()


@contextmanager
def _cancellable() -> Iterator[None]:
    """A polite kill is answered like Ctrl-C: by clearing up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


VERBS: dict[str, does.Verb] = {
    "suspend": does.suspend_it,
    "resume": does.resume_it,
    "add-person": does.add_person,
    "export": does.export_it,
    "backup": does.back_it_up,
    "backups": does.list_backups,
    "restore": does.restore_it,
    "discard-restored": does.discard,
    "leave": does.let_it_leave,
    "erase": does.erase_it,
    "verify-certificate": does.verify,
}
