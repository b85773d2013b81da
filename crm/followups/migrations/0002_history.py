from typing import ClassVar

from django.db import migrations

from sanfang.audit.operations import track


class Migration(migrations.Migration):
    # Holds, drafts and the planner's own state are working notes: nobody asks later who changed them.
    dependencies: ClassVar = [("followups", "0001_initial"), ("audit", "0001_initial")]

    operations: ClassVar = [track("followups_followup", "followups_attempt")]
