"""Functions with which rows say when they last changed, whoever changed them: ``updated_since`` depends on it.

The triggers are in the tenants' schemas (api.intake). ``now()`` is when the transaction began.
"""

from typing import ClassVar

from django.db import migrations

TOUCH = """
CREATE FUNCTION public.sanfang_touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$body$
"""

# A car has news when somebody else owns it. One that this very transaction has written says so already, if only with
# the moment at which an import began: writing thousands of them twice would be most of its work.
TOUCH_OWNED = """
CREATE FUNCTION public.sanfang_touch_owned() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    EXECUTE format(
        'UPDATE %I.vehicles_vehicle SET updated_at = now() WHERE id IN (SELECT vehicle_id FROM changed) '
        'AND NOT (updated_at > now() - interval ''1 day'' '
        'AND xmin::text = (pg_current_xact_id()::text::numeric %% 4294967296)::text)', TG_TABLE_SCHEMA
    );
    RETURN NULL;
END
$body$
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("api", "0001_tokens")]

    operations: ClassVar = [
        migrations.RunSQL(TOUCH, "DROP FUNCTION public.sanfang_touch()"),
        migrations.RunSQL(TOUCH_OWNED, "DROP FUNCTION public.sanfang_touch_owned()"),
    ]
