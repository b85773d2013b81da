"""pg_dump is told what the application's own connection is told, TLS first of all."""

import subprocess
from typing import Any

import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from sanfang.settings import env
from tenants import templates
from tenants.life import structure

URL = (
    "postgresql://somebody:a%20secret@db.example:6432/sanfang"
    "?sslmode=verify-full&sslrootcert=/etc/ca.pem&options=-c%20statement_timeout%3D0"
)


@pytest.mark.parametrize(
    "dump", [lambda: templates.dump_template("dealer"), lambda: structure.dump("t_x")], ids=["template", "schema"]
)
def test_it_gets_the_whole_address(monkeypatch: pytest.MonkeyPatch, dump: Any) -> None:
    calls: list[tuple[list[str], dict[str, str]]] = []

    def run(command: list[str], env: dict[str, str], **options: Any) -> Any:
        calls.append((command, env))
        return subprocess.CompletedProcess(command, 0, "\\restrict x\nCREATE TABLE t ();\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(connections["provisioner"], "settings_dict", env.database(URL))
    dump()
    ((command, environment),) = calls
    (address,) = [word.removeprefix("--dbname=") for word in command if word.startswith("--dbname=")]
    assert conninfo_to_dict(address) == {
        "host": "db.example",
        "port": "6432",
        "user": "somebody",
        "dbname": "sanfang",
        "sslmode": "verify-full",
        "sslrootcert": "/etc/ca.pem",
        "options": "-c statement_timeout=0 -c role=sanfang_owner",
    }
    assert environment["PGPASSWORD"] == "a secret"
    assert "secret" not in " ".join(command), "everybody on the machine sees a process's words"
