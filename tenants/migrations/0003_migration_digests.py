"""What the rollout of migrations asks every schema at once (ADR 0013)."""

from typing import ClassVar

from django.db import migrations, models

KINDS = [("public", "平台"), ("dealer", "经销商"), ("group", "经销商集团"), ("oem", "主机厂")]

# Runs with the caller's rights: only the owner may read those tables.
DIGESTS = """
CREATE FUNCTION public.sanfang_migration_digests(schemas text[])
RETURNS TABLE (schema_name text, digest text) LANGUAGE plpgsql STABLE AS $body$
BEGIN
    FOREACH schema_name IN ARRAY schemas LOOP
        digest := '';
        IF to_regclass(format('%I.django_migrations', schema_name)) IS NOT NULL THEN
            EXECUTE format(
                'SELECT coalesce(md5(string_agg(app || ''.'' || name, '','' ORDER BY app, name)), '''') '
                'FROM %I.django_migrations', schema_name
            ) INTO digest;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$body$;
REVOKE EXECUTE ON FUNCTION public.sanfang_migration_digests FROM sanfang_door, sanfang_tenant;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tenants", "0002_walls")]

    operations: ClassVar = [
        migrations.RunSQL(DIGESTS, "DROP FUNCTION public.sanfang_migration_digests(text[])"),
        migrations.AddField(
            "tenant",
            "behind",
            models.CharField(max_length=300, blank=True, default="", db_default="", editable=False),
        ),
        migrations.CreateModel(
            "SchemaTemplate",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=10, choices=KINDS)),
                ("version", models.CharField(max_length=32)),
                ("sql", models.TextField()),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["kind", "version"], name="one_template_of_a_version")],
            },
        ),
    ]
