"""In which schemas work waits: what the scheduler asks all of them at once, so that only those get a task."""

from typing import ClassVar

from django.db import migrations

# Runs with the caller's rights: only the owner may read those tables. Not every kind of tenant has them.
WHERE = """
CREATE FUNCTION public.sanfang_schemas_where(schemas text[], relation text, condition text)
RETURNS SETOF text LANGUAGE plpgsql STABLE AS $body$
DECLARE
    one text;
    found boolean;
BEGIN
    FOREACH one IN ARRAY schemas LOOP
        IF to_regclass(format('%I.%I', one, relation)) IS NOT NULL THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE %s)', one, relation, condition) INTO found;
            IF found THEN
                RETURN NEXT one;
            END IF;
        END IF;
    END LOOP;
END
$body$;
REVOKE EXECUTE ON FUNCTION public.sanfang_schemas_where FROM PUBLIC, sanfang_door, sanfang_tenant;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tenants", "0006_name_keys")]

    operations: ClassVar = [migrations.RunSQL(WHERE, "DROP FUNCTION public.sanfang_schemas_where(text[], text, text)")]
