"""The verbs on the command line: progress, dry runs, exit codes, who did it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import database
import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from life_support import change, everything, schemas

from tenants.life import work
from tenants.life.models import Deed
from tenants.models import Tenant

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
    assert "would be as of" in capsys.readouterr().out
    assert everything(chengdu) == changed
    call_command("tenant", "restore", "chengdu", str(file), "--by", "周工")
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
    ("words", "said"),
    [
        (["restore", "chengdu", "/nowhere.zip"], "/nowhere.zip"),
        (["restore", "chengdu", __file__], "损坏"),
        (["export", "nobody", "--to", "x.zip"], "nobody"),
        (["backup", "sanfang", "--to", "/tmp"], "正常"),
    ],
)
def test_refusals_say_what_is_wrong(words: list[str], said: str) -> None:
    deeds = Deed.objects.count()
    with pytest.raises(CommandError, match=said) as refused:
        call_command("tenant", *words)
    assert refused.value.returncode == 1
    assert Deed.objects.count() == deeds


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
    assert "Cancelled" in said
    assert list(tmp_path.iterdir()) == []
