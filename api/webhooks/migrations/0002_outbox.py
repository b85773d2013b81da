"""Letters are written by the database with the event they tell of: in its transaction, whoever and however many."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("webhooks", "0001_initial"), ("api", "0003_letters"), ("audit", "0002_append_only")]

    operations: ClassVar = [
        migrations.RunSQL(
            "CREATE TRIGGER announce AFTER INSERT ON audit_event REFERENCING NEW TABLE AS fresh "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.sanfang_announce()",
            "DROP TRIGGER announce ON audit_event",
        ),
    ]
