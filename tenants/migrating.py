"""Bringing public, the templates, the pool and every tenant to the migrations on disk."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections
from django.db.migrations import Migration

from sanfang.tenancy.context import door
from sanfang.tenancy.rollout import fleet
from sanfang.tenancy.rollout.plans import Plan
from sanfang.tenancy.rollout.states import Target, applied
from tenants.models import Kind, PooledSchema, State, Tenant
from tenants.provisioning import TENANT_KINDS, ensure_public_tenant, make_schema
from tenants.queries import forget_tenants
from tenants.templates import template_of


class UnknownCanary(Exception):
    """Slugs that no tenant has."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A schema that lacks migrations; the first of them and how many there are."""

    schema: str
    label: str
    first: str
    count: int


def migrate_everything(
    heard: fleet.Heard, told: Callable[[int], None], *, canaries: set[str] | None = None, parallel: int = 4
) -> fleet.Report:
    """Migrates all there is. ``told`` hears how many schemas are behind before the first is touched.

    A tenant whose migration fails becomes read-only, with the reason (``Tenant.behind``); one whose migration is
    made good works again. Raises :class:`fleet.Busy`.
    """
    with fleet.alone():
        if fleet.migrate_one(Target("public", Kind.PUBLIC, "public")):
            emit_post_migrate_signal(verbosity=0, interactive=False, db=fleet.ALIAS)
        ensure_public_tenant()
        for kind in TENANT_KINDS:
            make_schema(template_of(kind), role=False)
        groups = fleet.Groups(everybody(canaries))
        told(len(groups))
        report = fleet.roll_out(groups, heard=_marking(heard), parallel=parallel)
        _clear(report.current)
    return report


def _marking(heard: fleet.Heard) -> fleet.Heard:
    """A store that failed is read-only from that moment on: the rollout may be killed before its end."""

    def hear(target: Target, error: str) -> None:
        if error:
            with door():
                if Tenant.objects.filter(schema_name=target.schema).update(behind=error[:300]):
                    forget_tenants()
        heard(target, error)

    return hear


def _clear(current: set[str]) -> None:
    with door():
        if Tenant.objects.exclude(behind="").filter(schema_name__in=current).update(behind=""):
            forget_tenants()


def behind() -> list[Behind]:
    """What :func:`migrate_everything` would have to do; the gate of a deployment. Changes nothing."""
    public = Plan(applied(connections[fleet.ALIAS], "public")).missing
    if public:
        # What the others lack can't be asked before.
        return [_behind(Target("public", Kind.PUBLIC, "public"), public)]
    return [
        _behind(target, Plan(known).missing)
        for known, members in fleet.Groups(everybody()).behind
        for target in members
    ]


def _behind(target: Target, missing: list[Migration]) -> Behind:
    return Behind(target.schema, target.label, f"{missing[0].app_label}.{missing[0].name}", len(missing))


def everybody(canaries: set[str] | None = None) -> list[Target]:
    """Templates, the pool and the tenants. Canaries are those named, else the first of each kind.

    Raises :class:`UnknownCanary`: with a name mistyped nobody would go first.
    """
    found = [Target(template_of(kind), kind, f"template {kind}", is_template=True) for kind in TENANT_KINDS]
    with door():
        pooled = PooledSchema.objects.filter(ready=True).order_by("id").values_list("schema_name", "kind")
        found += [Target(schema, kind, f"pool {schema}") for schema, kind in pooled]
        live = Tenant.objects.exclude(kind=Kind.PUBLIC).exclude(state=State.GONE).order_by("id")
        stores = list(live.values_list("schema_name", "kind", "slug"))
    chosen = canaries or set(settings.MIGRATION_CANARIES) or _first_of_each_kind(stores)
    if unknown := chosen - {slug for _schema, _kind, slug in stores}:
        raise UnknownCanary(", ".join(sorted(unknown)))
    return found + [Target(schema, kind, slug, is_canary=slug in chosen) for schema, kind, slug in stores]


def _first_of_each_kind(stores: list[tuple[str, str, str]]) -> set[str]:
    return set({kind: slug for _schema, kind, slug in reversed(stores)}.values())
