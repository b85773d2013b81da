"""A store that has left is erased when the law allows, wholly, with a certificate that can be verified."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from life_support import die_at, everything, new_store, rows_of, schemas, silent

from sanfang.kernel.errors import DomainError
from sanfang.tenancy.context import inside
from tenants.actions import add_member
from tenants.life import certificates, folders
from tenants.life.backing_up import back_up
from tenants.life.erasing import erase
from tenants.life.leaving import leave
from tenants.life.models import Deed, Departure
from tenants.life.restoring import restore
from tenants.models import Domain, Membership, State, Tenant, User
from tenants.provisioning import claim

pytestmark = pytest.mark.usefixtures("own_database", "filled")


def person(name: str, slug: str) -> User:
    return User.objects.create_user(name=name, email=f"{slug}@example.com", password="x")


def gone_soon(slug: str, folder: Path) -> Tenant:
    """A store with everything that can be left of one, that has left, and whose data nothing protects any more."""
    only, elsewhere = person("何平", f"only-{slug}"), person("冯远", f"both-{slug}")
    EmailAddress.objects.create(user=only, email=only.email)
    Authenticator.objects.create(user=only, type="totp", data={"of": slug})
    store = new_store(slug, only, elsewhere)
    add_member(Tenant.objects.get(slug="suzhou"), elsewhere, "service_advisor")
    session = SessionStore()
    session.update({"tenant": store.schema_name, "_auth_user_id": str(only.pk)})
    session.save()
    restore(store, back_up(store, folder, by="周工", heard=silent), by="周工", heard=silent)
    with inside(store):
        caches["default"].set("mine", "何平")
    leave(store, reason="合同到期", by="周工", heard=silent)
    Departure.objects.filter(tenant=store).update(protected_until=timezone.localdate() - timedelta(days=1))
    return store


def traces(store: Tenant) -> dict[str, Any]:
    """All that is left of it, wherever."""
    schema, slug = store.schema_name, store.slug
    with connections["provisioner"].cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", [f"{schema}%"])
        roles = cursor.fetchall()
    client = caches["default"]._cache.get_client(None, write=True)  # type: ignore[attr-defined]
    return {
        "schemas": schemas(f"{schema}%"),
        "roles": roles,
        "folders": folders.all_of(schema),
        "cached": list(client.scan_iter(match=f"{schema}:*")),
        "memberships": Membership.objects.filter(tenant=store).count(),
        "people": User.objects.filter(email=f"only-{slug}@example.com").count(),
        "addresses": EmailAddress.objects.filter(email=f"only-{slug}@example.com").count(),
        "factors": Authenticator.objects.filter(data={"of": slug}).count(),
        "sessions": [one for one in Session.objects.all() if one.get_decoded().get("tenant") == schema],
    }


def nothing(found: dict[str, Any]) -> bool:
    return not any(found.values())


def test_it_is_gone_everywhere_and_nobody_else_is_touched(suzhou: Tenant, tmp_path: Path) -> None:
    store = gone_soon("goner", tmp_path)
    SessionStore(None).create()
    rows, other = rows_of(store.schema_name), everything(suzhou)
    assert all(traces(store).values()), "something of each kind, or nothing is proved below"
    call_command("tenant", "erase", "goner", "--confirm", "goner", "--by", "周工", "--to", str(tmp_path / "proof"))
    assert nothing(traces(store)), traces(store)
    assert not list(tmp_path.glob("*.zip"))
    assert everything(suzhou) == other
    both = User.objects.get(email="both-goner@example.com")
    assert (both.name, both.is_active, both.has_usable_password()) == ("冯远", True, True)
    assert Session.objects.exists(), "others' sessions stay"
    said = certificates.verify(tmp_path / "proof" / "goner-erasure.json")
    assert said["erased"]["tables"] == {name: len(found) for name, found in rows.items() if name != "sequences"}
    assert (said["erased_by"], said["erased"]["files"], said["erased"]["backups"]) == ("周工", 3, 1)
    assert len(said["erased"]["copies"]) == 1
    texts = "".join(path.read_text() for path in (tmp_path / "proof").iterdir())
    assert "数据删除证明" in texts
    for personal in ("何平", "冯远", "example.com", "赵一", "15400000001", str(tmp_path), str(settings.MEDIA_ROOT)):
        assert personal not in texts, personal


def test_its_name_and_address_stay_reserved(tmp_path: Path) -> None:
    store = gone_soon("reserved", tmp_path)
    erase(store, by="周工", heard=silent)
    row = Tenant.objects.get(pk=store.pk)
    assert (row.state, row.schema_name, row.phone) == (State.GONE, store.schema_name, "")
    assert Domain.objects.get(tenant=store).domain == "reserved.localhost"
    with pytest.raises(DomainError):
        claim(kind="dealer", slug="reserved", name="别人", short_name="别人")
    page = Client(SERVER_NAME="reserved.localhost").get("/")
    assert page.status_code == 404
    assert store.name not in page.content.decode()


def test_before_the_day_it_is_refused(tmp_path: Path) -> None:
    store = gone_soon("early", tmp_path)
    Departure.objects.filter(tenant=store).update(protected_until=timezone.localdate() + timedelta(days=2))
    before, found = everything(store), traces(store)
    with pytest.raises(CommandError, match="依法保护"):
        call_command("tenant", "erase", "early", "--confirm", "early", "--by", "周工", "--to", str(tmp_path / "proof"))
    assert (everything(store), traces(store)) == (before, found)
    assert not (tmp_path / "proof").exists()
    erase_departure = Departure.objects.get(tenant=store)
    assert erase_departure.inventory is None


@pytest.mark.parametrize("confirm", ["", "chengdu", "UNSURE"])
def test_without_its_name_typed_it_is_refused(tmp_path: Path, confirm: str) -> None:
    store = Tenant.objects.filter(slug="unsure").first() or gone_soon("unsure", tmp_path)
    before, found, deeds = everything(store), traces(store), Deed.objects.count()
    with pytest.raises(CommandError, match="--confirm unsure"):
        call_command("tenant", "erase", "unsure", "--confirm", confirm, "--by", "周工")
    assert (everything(store), traces(store), Deed.objects.count()) == (before, found, deeds)


def test_a_dry_run_counts_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = gone_soon("counted", tmp_path)
    before, found, deeds = everything(store), traces(store), Deed.objects.count()
    call_command("tenant", "erase", "counted", "--dry-run")
    said = capsys.readouterr().out
    assert "现在可以删除" in said
    assert "清点" in said
    assert (everything(store), traces(store), Deed.objects.count()) == (before, found, deeds)
    assert Departure.objects.get(tenant=store).inventory is None


def test_a_place_for_the_certificate_is_proved_before_anything_goes(tmp_path: Path) -> None:
    store = gone_soon("placeless", tmp_path)
    before, found = everything(store), traces(store)
    (tmp_path / "taken").write_text("mine")
    for place in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(CommandError, match="没有删除任何数据"):
            call_command("tenant", "erase", "placeless", "--confirm", "placeless", "--by", "周工", "--to", str(place))
    assert (everything(store), traces(store)) == (before, found)


def test_who_works_here_isnt_erased(suzhou: Tenant) -> None:
    before = everything(suzhou)
    with pytest.raises(CommandError):
        call_command("tenant", "erase", "suzhou", "--confirm", "suzhou", "--by", "周工")
    assert everything(suzhou) == before


MOMENTS = [
    "erasing._save = then_die(erasing._save)",
    "erasing.discard_all = then_die(erasing.discard_all)",
    "erasing.drop_schema = die",
    "erasing.drop_schema = then_die(erasing.drop_schema)",
    "erasing.folders.remove_all = then_die(erasing.folders.remove_all)",
    "erasing.drop_backups = then_die(erasing.drop_backups)",
    "erasing.forget_cached = then_die(erasing.forget_cached)",
    "erasing.forget_people = then_die(erasing.forget_people)",
    "erasing.certificate = die",
    "erasing._close = die",
    "erasing._close = then_die(erasing._close)",
]


@pytest.mark.kill
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_anywhere_and_repeated_it_ends_the_same(own_database: str, tmp_path: Path, moment: str) -> None:
    slug = f"hard-{MOMENTS.index(moment)}"
    store = gone_soon(slug, tmp_path)
    rows = {name: len(found) for name, found in rows_of(store.schema_name).items() if name != "sequences"}
    call = f"erasing.erase(Tenant.objects.get(slug={slug!r}), by='周工', heard=silent)"
    die_at(own_database, modules="erasing", patch=moment, call=call)
    signed = erase(store, by="周工", heard=silent)
    assert nothing(traces(store)), traces(store)
    assert Tenant.objects.get(pk=store.pk).state == State.GONE
    said = signed["certificate"]["erased"]
    assert (said["tables"], said["files"], said["backups"], said["memberships"]) == (rows, 3, 1, 2)
    assert erase(store, by="别人", heard=silent) == signed, "repeating it changes nothing"


def test_a_certificate_that_was_changed_is_no_certificate(tmp_path: Path) -> None:
    store = gone_soon("proof", tmp_path)
    file, text = certificates.write(erase(store, by="周工", heard=silent), tmp_path)
    call_command("tenant", "verify-certificate", str(file))
    with pytest.raises(CommandError, match=r"\.json"):
        call_command("tenant", "verify-certificate", str(text))
    words = text.read_text()
    assert "(UTC+0800)" in words
    assert re.search(r"customers_customer +\d+  客户\n", words)
    content = json.loads(file.read_text())
    changed = {**content, "certificate": {**content["certificate"], "erased_at": "2020-01-01"}}
    every: list[object] = [changed, {**content, "signature": "x"}, {}, []]
    for wrong in every:
        file.write_text(json.dumps(wrong))
        with pytest.raises(CommandError):
            call_command("tenant", "verify-certificate", str(file))
    with pytest.raises(CommandError):
        call_command("tenant", "verify-certificate", str(tmp_path / "nowhere.json"))
