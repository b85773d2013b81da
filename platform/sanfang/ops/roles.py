"""Makes a database and its roles ready for the first migration, as an administrator of the server."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

SQL = Path(__file__).resolve().parents[3] / "infra" / "database"
LOGINS = ("sanfang_app", "sanfang_provisioner", "sanfang_relay")


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses of one database for its three logins."""

    app: str
    provisioner: str
    relay: str


def bootstrap(admin_url: str, database: str, secrets_folder: Path) -> Urls:
    """Creates ``database``, the roles and their passwords where they are missing; changes nothing otherwise.

    ``database.json`` in ``secrets_folder`` keeps the passwords (mode 0600). They are set on the server each time,
    so a lost file is replaced by new passwords. Raises :class:`psycopg.Error` when the role in ``admin_url`` may
    not create roles.
    """
    passwords = _passwords(secrets_folder / "database.json")
    with psycopg.connect(admin_url, autocommit=True) as admin:
        # Two starts at once would both see a role missing.
        admin.execute("SELECT pg_advisory_lock(hashtext('sanfang roles'))")
        admin.execute((SQL / "roles.sql").read_text(encoding="utf-8").encode())
        for login in LOGINS:
            admin.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(passwords[login]))
            )
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(database))
            )
    with psycopg.connect(_at(admin_url, database=database), autocommit=True) as admin:
        text = (SQL / "database.sql").read_text(encoding="utf-8")
        admin.execute(text.replace(":database", sql.Identifier(database).as_string(admin)).encode())
    return Urls(*(_at(admin_url, database=database, login=login, password=passwords[login]) for login in LOGINS))


def _passwords(path: Path) -> dict[str, str]:
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if not set(LOGINS) <= set(known):
        known = {**{login: secrets.token_urlsafe(24) for login in LOGINS}, **known}
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(known, file)
        draft.replace(path)
    return known


def _at(url: str, *, database: str, login: str = "", password: str = "") -> str:
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    user = parts.netloc.rsplit("@", 1)[0] if "@" in parts.netloc else ""
    if login:
        user = f"{quote(login)}:{quote(password)}"
    return urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host, path=f"/{quote(database)}"))
