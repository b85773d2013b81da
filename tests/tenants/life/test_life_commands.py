"""The verbs on the command line: progress, dry runs, exit codes, who did it."""

import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import database
import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, load_command_class
from django.test import Client
from life_support import change, everything, schemas

from tenants.life import speech, work
from tenants.life.models import Deed
from tenants.models import Tenant, User

pytestmark = pytest.mark.usefixtures("own_database", "filled")
ROOT = Path(__file__).resolve().parents[3]


def test_backup_change_list_restore_discard(
    chengdu: Tenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(chengdu)
    call_command("tenant", "backup", "chengdu", "--to", str(tmp_path), "--by", "周工")
    assert "[1/" in capsys.readouterr().out
    (file,) = tmp_path.iterdir()
    change(chengdu)
    changed = everything(chengdu)
    call_command("tenant", "backups", "chengdu", "--in", str(tmp_path))
    assert file.name in capsys.readouterr().out
    call_command("tenant", "restore", "chengdu", str(file), "--dry-run")
    assert "将恢复到" in capsys.readouterr().out
    assert everything(chengdu) == changed
    call_command("tenant", "restore", "chengdu", str(file), "--confirm", "chengdu", "--by", "周工")
    assert everything(chengdu) == before
    (copy,) = schemas("%_before_%")
    call_command("tenant", "discard-restored", "chengdu", "--dry-run")
    assert schemas("%_before_%") == [copy]
    call_command("tenant", "discard-restored", "chengdu", "--by", "周工")
    assert schemas("%_before_%") == []
    assert copy in capsys.readouterr().out
    done = Deed.objects.filter(tenant=chengdu, by="周工").order_by("pk").values_list("verb", "by", "outcome")
    assert list(done) == [(verb, "周工", "done") for verb in ("backup", "restore", "discard")]


def test_dry_runs_write_nothing(chengdu: Tenant, tmp_path: Path) -> None:
    before, deeds = everything(chengdu), Deed.objects.count()
    call_command("tenant", "export", "chengdu", "--to", str(tmp_path / "all.zip"), "--dry-run")
    call_command("tenant", "backup", "chengdu", "--to", str(tmp_path / "new"), "--dry-run")
    assert list(tmp_path.iterdir()) == []
    assert (everything(chengdu), Deed.objects.count()) == (before, deeds)


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["restore", "chengdu", "/nowhere.zip"], "/nowhere.zip：没有这个文件", 1),
        (["restore", "chengdu", __file__], "损坏", 1),
        (["export", "nobody", "--to", "x.zip"], "没有租户“nobody”", 2),
        (["export", "chengdu", "--to", "/"], "是一个文件夹", 1),
        (["export", "chengdu", "--to", "/nowhere/x.zip"], "/nowhere/x.zip”写不了：没有这个文件", 1),
        (["backups", "chengdu", "--in", "/nowhere"], "没有文件夹“/nowhere”", 1),
        (["backup", "sanfang", "--to", "/tmp"], "正常", 1),
        (["leave", "chengdu", "--reason", "合同到期"], "--by", 2),
        (["backup", "chengdu", "--to", "/tmp", "--by", " "], "--by", 2),
    ],
)
def test_refusals_say_what_is_wrong(words: list[str], said: str, code: int) -> None:
    done = Deed.objects.filter(outcome="done").count()
    with pytest.raises(CommandError, match=said) as refused:
        call_command("tenant", *words)
    assert refused.value.returncode == code
    assert Deed.objects.filter(outcome="done").count() == done


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": ""}, "en"),
        ({}, "en"),
    ],
)
def test_it_speaks_the_terminals_language(environment: dict[str, str], language: str) -> None:
    assert speech.language_of(environment) == language


def test_in_english_no_word_is_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    with pytest.raises(CommandError, match=r"There is no tenant “nobody”") as refused:
        call_command("tenant", "suspend", "nobody")
    assert not re.search("[\u4e00-\u9fff]", str(refused.value))


@pytest.mark.parametrize(("locale", "said"), [("zh_CN.UTF-8", "停用租户"), ("C", "closes a tenant")])
def test_its_help_does_too(locale: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    for command in ("tenant", "alarms", "migrate_tenants"):
        with speech.spoken():
            text = load_command_class("tenants", command).create_parser("manage.py", command).format_help()
        assert (said in text) == (command == "tenant")
        assert bool(re.search("[\u4e00-\u9fff]", text)) <= (locale != "C")


def test_a_restore_says_what_would_be_lost_and_wants_the_name(
    chengdu: Tenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("tenant", "backup", "chengdu", "--to", str(tmp_path))
    (file,) = tmp_path.iterdir()
    before = everything(chengdu)
    call_command("tenant", "restore", "chengdu", str(file), "--dry-run")
    assert "录入的全部内容将不再可见" in capsys.readouterr().out
    for typed in ("", "suzhou"):
        with pytest.raises(CommandError, match=r"不再可见[^$]*--confirm chengdu"):
            call_command("tenant", "restore", "chengdu", str(file), "--confirm", typed)
    assert everything(chengdu) == before


def test_a_backup_whose_rows_are_damaged_is_called_unchecked_and_found_by_reading_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("tenant", "backup", "chengdu", "--to", str(tmp_path))
    (file,) = tmp_path.iterdir()
    with zipfile.ZipFile(file) as archive:
        member = max(archive.infolist(), key=lambda one: one.compress_size)
    content = bytearray(file.read_bytes())
    content[member.header_offset + 200] ^= 0xFF
    file.write_bytes(content)
    capsys.readouterr()
    call_command("tenant", "backups", "chengdu", "--in", str(tmp_path))
    assert "未检查内容" in capsys.readouterr().out
    call_command("tenant", "backups", "chengdu", "--in", str(tmp_path), "--verify")
    said = capsys.readouterr().out
    assert "损坏" in said
    assert "没有改动" not in said


def test_a_new_stores_first_manager_gets_a_link_until_there_is_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--manager-email", "First@Example.com", "--manager-name", "何总"]
    call_command("tenant", "create", "dealer", "peopled", "某店", *words)
    link = capsys.readouterr().out.splitlines()[-1]
    store, person = Tenant.objects.get(slug="peopled"), User.objects.get(email="first@example.com")
    assert [(one.user, one.role) for one in store.memberships.all()] == [(person, "general_manager")]
    page = Client(SERVER_NAME="peopled.localhost").get(urlsplit(link).path, follow=True)
    assert 'type="password"' in page.content.decode()
    person.set_password("long enough 9")
    person.save()
    again = ["--email", "first@example.com", "--name", "何总", "--role"]
    call_command("tenant", "add-person", "peopled", *again, "general_manager")
    assert "http" not in capsys.readouterr().out
    for role in ("group_head", "crc_manager"):
        with pytest.raises(CommandError, match=role if role == "group_head" else "general_manager"):
            call_command("tenant", "add-person", "peopled", *again, role)
    assert [one.role for one in store.memberships.all()] == ["general_manager"]


def test_whoever_comes_second_is_told_so(chengdu: Tenant, tmp_path: Path) -> None:
    with work.alone_with(chengdu), pytest.raises(CommandError, match="chengdu") as refused:
        call_command("tenant", "backup", "chengdu", "--to", str(tmp_path))
    assert refused.value.returncode == 3


@pytest.mark.kill
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_cancelled_from_outside_it_clears_up(own_database: str, tmp_path: Path, sign: signal.Signals) -> None:
    """Somebody keeps the last table to themselves, so the export is still at work when the signal comes."""
    target = tmp_path / "all.zip"
    address = f"{database.admin_url().rsplit('/', 1)[0]}/{own_database}"
    with psycopg.connect(address) as somebody:
        somebody.execute("LOCK TABLE t_cast_chengdu.vehicles_vehicle IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "tenant", "export", "chengdu", "--to", str(target)],
            env={**database.process_environment(own_database), "MEDIA_ROOT": str(settings.MEDIA_ROOT)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell in the background leaves its children deaf to it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
        )
        assert process.stdout is not None
        assert process.stdout.readline().startswith("[1/"), process.communicate()
        os.kill(process.pid, sign)
        _out, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "已取消" in said
    assert list(tmp_path.iterdir()) == []
