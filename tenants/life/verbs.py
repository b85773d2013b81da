"""What the verbs of ``manage.py tenant`` do and say. Each has a dry run that changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import door
from tenants.life import aside, certificates
from tenants.life.backing_up import back_up, backups
from tenants.life.erasing import confirm, erase
from tenants.life.exporting import export_tenant
from tenants.life.inviting import invite
from tenants.life.leaving import leave
from tenants.life.periods import periods
from tenants.life.restoring import confirm_restore, restore
from tenants.life.suspending import resume, suspend
from tenants.life.work import Heard, alone_with, deed
from tenants.models import Tenant

Told = Callable[[str], None]
Verb = Callable[[dict[str, Any], Told], None]


class NoTenant(DomainError):
    """Nobody has this slug."""


def tenant_called(slug: str) -> Tenant:
    with door():
        found: Tenant | None = Tenant.objects.filter(slug=slug).first()
    if found is None:
        said = _("没有租户“%(slug)s”。用 manage.py tenant list 查看有哪些。")
        raise NoTenant(said % {"slug": slug}, code="no_tenant")
    return found


def _heard(told: Told) -> Heard:
    return lambda what, number, total: told(f"[{number}/{total}] {what}")


def local(tenant: Tenant, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(tenant.time_zone)):%Y-%m-%d %H:%M:%S %Z}"


def lasting(time: timedelta) -> str:
    minutes = max(int(time.total_seconds() // 60), 0)
    days, hours = divmod(minutes // 60, 24)
    said = {"days": days, "hours": hours, "minutes": minutes % 60}
    if days:
        return _("%(days)d 天 %(hours)d 小时") % said
    return _("%(hours)d 小时 %(minutes)d 分") % said if hours else _("%(minutes)d 分钟") % said


def suspend_it(options: dict[str, Any], told: Told) -> None:
    suspend(tenant_called(options["slug"]), by=options["by"], dry_run=options["dry_run"])
    told((_("将停用 %(slug)s") if options["dry_run"] else _("已停用 %(slug)s")) % options)


def resume_it(options: dict[str, Any], told: Told) -> None:
    resume(tenant_called(options["slug"]), by=options["by"], dry_run=options["dry_run"])
    told((_("将重新启用 %(slug)s") if options["dry_run"] else _("已重新启用 %(slug)s")) % options)


def add_person(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    person = {key: options[key] for key in ("name", "email", "role", "by", "dry_run")}
    link = invite(tenant, **person)
    if options["dry_run"]:
        told(_("将把 %(name)s（%(email)s）加入 %(slug)s，岗位 %(role)s") % options)
        return
    told(_("已把 %(name)s（%(email)s）加入 %(slug)s，岗位 %(role)s") % options)
    if link:
        told(_("请把下面的链接只发给本人，用来设置密码；只能用一次，三天内有效。失效后再执行一次本命令。"))
        told(link)
    else:
        told(_("此账号已有密码，照常登录即可。"))


def export_it(options: dict[str, Any], told: Told) -> None:
    tenant, target = tenant_called(options["slug"]), options["to"]
    done = export_tenant(tenant, target, _heard(told), by=options["by"], dry_run=options["dry_run"])
    told(_("数据表 %(tables)d 张，%(rows)d 行；文件 %(files)d 个") % done.counts)
    if options["dry_run"]:
        told(_("将导出到 %(file)s") % {"file": target})
    else:
        told(_("已导出到 %(file)s") % {"file": target})
        told(f"SHA-256 {done.sha256}")


def back_it_up(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    path = back_up(tenant, options["to"], by=options["by"], heard=_heard(told), dry_run=options["dry_run"])
    if options["dry_run"]:
        told(_("将写入 %(file)s") % {"file": path})
    else:
        told(_("已写入 %(file)s，%(size)d 字节") % {"file": path, "size": path.stat().st_size})


def list_backups(options: dict[str, Any], told: Told) -> None:
    tenant, checked = tenant_called(options["slug"]), options["verify"]
    found = backups(tenant, options["folder"], verify=checked)
    for one in found:
        about = one.trouble
        if one.taken_at and not about:
            state = _("已通读，完好") if checked else _("未检查内容")
            about = f"{local(tenant, one.taken_at)}\t{_('%(rows)d 行') % {'rows': one.rows}}\t{state}"
        told(f"{one.path.name}\t{about}")
    if not found:
        told(_("这个文件夹里没有该租户的备份。"))
    elif not checked:
        told(_("只看了每个文件的目录；加上 --verify 会通读全部内容。"))


def restore_it(options: dict[str, Any], told: Told) -> None:
    tenant, dry = tenant_called(options["slug"]), options["dry_run"]
    if not dry:
        confirm_restore(tenant, options["file"], options["confirm"], lost=lambda taken_at: lost(tenant, taken_at))
    done = restore(tenant, options["file"], by=options["by"], heard=_heard(told), dry_run=dry)
    taken_at = datetime.fromisoformat(done.taken_at)
    about = {"slug": tenant.slug, "at": local(tenant, taken_at), "rows": done.rows, "files": done.files}
    if dry:
        told(_("%(slug)s 将恢复到 %(at)s 的样子：%(rows)d 行，%(files)d 个文件") % about)
        told(lost(tenant, taken_at))
        return
    told(_("%(slug)s 已恢复到 %(at)s 的样子：%(rows)d 行，%(files)d 个文件") % about)
    told(
        _("恢复前的内容留存为 %(name)s，%(days)d 天后自动清除；discard-restored 可提前清除。")
        % {"name": done.set_aside, "days": periods().set_aside_days}
    )


def lost(tenant: Tenant, since: datetime) -> str:
    return _("自 %(since)s 起（%(time)s）在 %(slug)s 录入的全部内容将不再可见。") % {
        "slug": tenant.slug,
        "since": local(tenant, since),
        "time": lasting(timezone.now() - since),
    }


def discard(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    with alone_with(tenant, look_only=options["dry_run"]):
        names = aside.set_aside(tenant.schema_name)
        if names and not options["dry_run"]:
            with deed(tenant, "discard", options["by"], schemas=names):
                aside.discard_all(tenant)
    for name in names:
        told((_("将清除 %(name)s") if options["dry_run"] else _("已清除 %(name)s")) % {"name": name})
    if not names:
        told(_("没有留存的副本。"))


def let_it_leave(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    left = leave(tenant, reason=options["reason"], by=options["by"], heard=_heard(told), dry_run=options["dry_run"])
    about = {"slug": tenant.slug, "number": left.memberships}
    if options["dry_run"]:
        told(_("%(slug)s 将退出，结束成员关系 %(number)d 个") % about)
    else:
        told(_("%(slug)s 已退出，结束成员关系 %(number)d 个") % about)
    until = {"until": left.protected_until.isoformat(), "laws": "; ".join(left.laws)}
    told(_("数据依法保管到 %(until)s：%(laws)s") % until)
    told(_("导出文件：%(file)s") % {"file": left.export})
    if left.sha256:
        told(f"SHA-256 {left.sha256}")
        told(_("请把导出文件交给租户，并用另一种方式告知 SHA-256（见 runbook）。"))


def erase_it(options: dict[str, Any], told: Told) -> None:
    tenant = tenant_called(options["slug"])
    if options["dry_run"]:
        for line in certificates.counted(erase(tenant, by=options["by"], heard=_heard(told), dry_run=True)):
            told(line)
        return
    confirm(tenant, options["confirm"])
    certificates.prove_writable(options["to"])
    signed = erase(tenant, by=options["by"], heard=_heard(told))
    try:
        written = certificates.write(signed, options["to"])
    except OSError as error:
        raise certificates.not_written(tenant.slug, error) from error
    told(_("%(slug)s 已删除。证明：") % {"slug": tenant.slug})
    for path in written:
        told(str(path))


def verify(options: dict[str, Any], told: Told) -> None:
    said = certificates.verify(options["file"])
    about = {"slug": said["tenant"]["slug"], "rows": said["erased"]["rows"]}
    told(_("证明是真的：%(slug)s，%(rows)d 行") % about)
    told(_("删除时间 %(at)s") % {"at": certificates.moment(said, said["erased_at"])})
