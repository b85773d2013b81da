"""Row-level security on the public tables that carry tenants' rows, and the functions tenants may call."""

from typing import ClassVar

from django.db import migrations

from sanfang.tenancy.sql import protect

# PostgreSQL 18 has uuidv7(); before that the same layout is put together by hand.
UUID7 = """
DO $do$
BEGIN
    IF current_setting('server_version_num')::int >= 180000 THEN
        CREATE FUNCTION public.sanfang_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
            RETURN uuidv7();
    ELSE
        CREATE FUNCTION public.sanfang_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
            RETURN encode(
                set_byte(
                    overlay(
                        uuid_send(gen_random_uuid())
                        PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                        FROM 1 FOR 6
                    ),
                    6,
                    (get_byte(uuid_send(gen_random_uuid()), 6) & 15) | 112
                ),
                'hex'
            )::uuid;
    END IF;
END
$do$;
"""

# One statement-level trigger serves every tracked table: it writes what changed, whole rows for inserts and
# deletes, only the changed columns for updates. It writes into the schema of the table it watches, not into
# whatever the search path says (study §3 #30).
HISTORY = """
CREATE FUNCTION public.sanfang_record_history() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    head text := format(
        'INSERT INTO %I.audit_history (at, actor, request, model, object, change, before, after) '
        'SELECT now(), nullif(current_setting(''sanfang.actor'', true), '''')::uuid, '
        'coalesce(current_setting(''sanfang.request'', true), ''''), %L, ',
        TG_TABLE_SCHEMA, TG_TABLE_NAME
    );
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE head || $q$ n.id, '+', NULL, jsonb_strip_nulls(to_jsonb(n)) FROM fresh n $q$;
    ELSIF TG_OP = 'DELETE' THEN
        EXECUTE head || $q$ o.id, '-', jsonb_strip_nulls(to_jsonb(o)), NULL FROM stale o $q$;
    ELSE
        EXECUTE head || $q$ o.id, '~', d.before, d.after
            FROM stale o JOIN fresh n USING (id)
            CROSS JOIN LATERAL (
                SELECT jsonb_object_agg(b.key, b.value) AS before, jsonb_object_agg(b.key, a.value) AS after
                FROM jsonb_each(to_jsonb(o)) b JOIN jsonb_each(to_jsonb(n)) a USING (key)
                WHERE a.value IS DISTINCT FROM b.value AND key <> ALL (%s)
            ) d
            WHERE d.before IS NOT NULL $q$;
    END IF;
    RETURN NULL;
END
$body$;
""".replace("%s", "ARRAY['updated_at', 'planned_at']")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tenants", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL(UUID7, migrations.RunSQL.noop),
        migrations.RunSQL(HISTORY, migrations.RunSQL.noop),
        # A group or a car maker sees the names of the dealers that belong to it; a dealer sees itself.
        protect("tenants_affiliation", "holder_id = current_user OR member_id = current_user"),
        protect(
            "tenants_tenant",
            "schema_name = current_user OR EXISTS (SELECT 1 FROM tenants_affiliation a "
            "WHERE a.holder_id = current_user AND a.member_id = schema_name)",
        ),
    ]
