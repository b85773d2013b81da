"""What was done with a tenant as a whole, and who left. Public schema, the door's alone."""

from typing import ClassVar

from django.db import models

from tenants.models import Tenant


class Deed(models.Model):
    """One verb on a whole tenant: who, when, and what became of it.

    As long as ``outcome`` is empty somebody is at work and holds the tenant's lock, or has died
    (:func:`tenants.life.work.pick_up`). ``details`` holds no customer's data.
    """

    class Outcome(models.TextChoices):
        AT_WORK = ""
        DONE = "done"
        FAILED = "failed"
        CUT_OFF = "cut off"

    tenant = models.ForeignKey(Tenant, models.PROTECT, to_field="schema_name", related_name="deeds")
    verb = models.CharField(max_length=20)
    by = models.CharField(max_length=60)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True, default="")
    details = models.JSONField(default=dict)

    half_done = False
    """Of whoever is at it: whether an error now leaves something that has to be led to an end."""

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant", "verb"], name="deeds_of_tenant")]


class Departure(models.Model):
    """A tenant that has left, and until when its data are protected.

    ``inventory`` is what there was, counted before the first of it was erased; ``certificate`` what was written
    when the last of it was gone.
    """

    tenant = models.OneToOneField(Tenant, models.PROTECT, to_field="schema_name", related_name="departure")
    by = models.CharField(max_length=60)
    reason = models.CharField(max_length=300)
    left_at = models.DateTimeField()
    protected_until = models.DateField()
    laws = models.JSONField(default=list)
    export_sha256 = models.CharField(max_length=64)
    inventory = models.JSONField(null=True)
    certificate = models.JSONField(null=True)
