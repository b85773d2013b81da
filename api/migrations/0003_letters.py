"""What writes a letter for each endpoint that listens (api.webhooks)."""

from typing import ClassVar

from django.db import migrations

ANNOUNCE = """
CREATE FUNCTION public.sanfang_announce() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    EXECUTE format(
        'INSERT INTO %1$I.webhooks_letter (id, endpoint_id, event, thing, at, state, attempts, next_at, tries) '
        'SELECT public.sanfang_uuid7(), endpoint.id, fresh.kind, fresh.object, fresh.at, ''waiting'', 0, now(), ''[]'' '
        'FROM fresh JOIN %1$I.webhooks_endpoint AS endpoint '
        'ON endpoint.state = ''active'' AND endpoint.listens @> to_jsonb(fresh.kind)', TG_TABLE_SCHEMA
    );
    RETURN NULL;
END
$body$
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("api", "0002_news")]

    operations: ClassVar = [migrations.RunSQL(ANNOUNCE, "DROP FUNCTION public.sanfang_announce()")]
