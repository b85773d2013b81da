"""Since when each tenant's oldest work waits: what the platform's look-out asks all schemas at once."""

from typing import ClassVar

from django.db import migrations

# Runs with the caller's rights: only the owner may read those tables. Not every kind of tenant has them.
WAITING = """
CREATE FUNCTION public.sanfang_waiting_since(schemas text[])
RETURNS TABLE (schema_name text, since timestamptz) LANGUAGE plpgsql STABLE AS $body$
DECLARE
    one timestamptz;
BEGIN
    FOREACH schema_name IN ARRAY schemas LOOP
        since := NULL;
        IF to_regclass(format('%I.messaging_message', schema_name)) IS NOT NULL THEN
            EXECUTE format(
                'SELECT min(not_before) FROM %I.messaging_message WHERE state = ''queued'' AND not_before < now()',
                schema_name
            ) INTO since;
        END IF;
        IF to_regclass(format('%I.dms_importrun', schema_name)) IS NOT NULL THEN
            EXECUTE format(
                'SELECT min(coalesce(started_at, created_at)) FROM %I.dms_importrun '
                'WHERE state IN (''checking'', ''queued'', ''applying'')',
                schema_name
            ) INTO one;
            since := least(since, one);
        END IF;
        RETURN NEXT;
    END LOOP;
END
$body$;
REVOKE EXECUTE ON FUNCTION public.sanfang_waiting_since FROM sanfang_door, sanfang_tenant;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tenants", "0004_no_samples")]

    operations: ClassVar = [migrations.RunSQL(WAITING, "DROP FUNCTION public.sanfang_waiting_since(text[])")]
