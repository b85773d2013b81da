"""Imports and what is remembered of them; and the tables in which a file is laid out while it is compared."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.dms.fields import KIND_LABELS
from crm.dms.states import State
from sanfang.tenancy.models import Staff, TenantModel


class ImportRun(TenantModel):
    """One file on its way in. Its id is the ``source`` of every document it made or changed.

    ``file`` and ``error_file`` are names in the tenant's storage; ``filename`` is what the person called it.
    ``mapping``: field → header or column number, as the file was read. The counts are rows of the file and
    add up: new + changed + same + faulty = rows. ``faults`` and ``warnings`` hold the first ones
    (line, column, value, reason); ``fault_total`` and ``warning_total`` count all. ``by`` is empty for the machine.
    ``journal_after``, ``journal_until``: the part of the history in which this import's changes lie, under its id as
    their request. ``undo``: what came of taking it back (:class:`crm.dms.undoing.Undone`); empty: nobody has.
    """

    kind = models.CharField(_("文件类型"), max_length=13, choices=list(KIND_LABELS.items()))
    filename = models.CharField(_("文件名"), max_length=255)
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    form = models.CharField(max_length=4)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    sheet = models.CharField(max_length=100, blank=True)
    header_line = models.PositiveIntegerField(default=0)
    mapping = models.JSONField(default=dict)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.UPLOADED)
    rows = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    faulty = models.PositiveIntegerField(default=0)
    fault_total = models.PositiveIntegerField(default=0)
    warning_total = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    error_file = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)
    by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    journal_after = models.BigIntegerField(null=True)
    journal_until = models.BigIntegerField(null=True)
    undo = models.JSONField(default=dict, db_default={})
    undone_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("导入")
        indexes: ClassVar = [models.Index(fields=["-created_at"], name="newest_imports")]

    def __str__(self) -> str:
        return self.filename


class SourceMapping(TenantModel):
    """How a person said the columns of one source are to be read. ``source`` is a hash of its header row; ``name`` what
    its files are called without dates and numbers, for two systems may have the same headers and mean different things.
    """

    kind = models.CharField(max_length=13)
    source = models.CharField(max_length=64)
    name = models.CharField(max_length=120, blank=True, default="", db_default="")
    mapping = models.JSONField(default=dict)
    by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    used_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "source", "name"], name="one_mapping_a_source_name")
        ]


class StagedDocument(models.Model):
    """A document of the file, laid out beside the stored ones. Texts are "" when the file says nothing.

    The staging tables are filled and emptied within one transaction, so nobody but the run itself ever sees a
    row, and a crash leaves none. They are unlogged and without a key: whatever they hold can be read from the
    file again. (They stand in for temporary tables, which a tenant's role may not create.)

    ``line`` is the document's last line, ``lines`` how many rows of the file it has; ``happened`` orders
    documents in time; ``person`` is its own line if it names somebody, else 0; see :class:`StagedPerson`.
    """

    line = models.IntegerField(primary_key=True)
    lines = models.IntegerField()
    number = models.TextField()
    cancelled = models.BooleanField()
    internal = models.BooleanField()
    happened = models.DateTimeField(null=True)
    person = models.IntegerField()
    staff_name = models.TextField()
    # the person
    customer_number = models.TextField()
    name = models.TextField()
    form_of_address = models.TextField()
    company = models.BooleanField()
    gender = models.TextField()
    mobile = models.TextField()
    landline = models.TextField()
    address = models.TextField()
    # the car
    vin = models.TextField()
    plate = models.TextField()
    brand = models.TextField()
    series = models.TextField()
    model = models.TextField()
    colour = models.TextField()
    engine_number = models.TextField()
    sold_on = models.DateField(null=True)
    next_service_on = models.DateField(null=True)
    next_service_km = models.IntegerField(null=True)
    insurance_until = models.DateField(null=True)
    # the document
    remark = models.TextField()
    details = models.JSONField()
    delivered_on = models.DateField(null=True)
    ordered_on = models.DateField(null=True)
    invoiced_on = models.DateField(null=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    kind = models.TextField()
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    promised_at = models.DateTimeField(null=True)
    mileage = models.IntegerField(null=True)
    technician = models.TextField()
    sender_name = models.TextField()
    sender_mobile = models.TextField()
    fault = models.TextField()
    work_items = models.JSONField()
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    claim = models.BooleanField(null=True)
    # the row of a list
    day = models.DateField(null=True)
    wanted_model = models.TextField(db_default="")
    level = models.TextField(db_default="")
    reason = models.TextField(db_default="")
    rival = models.TextField(db_default="")


class StagedPerson(models.Model):
    """Who is who in the file: persons with the same ``root`` are one.

    ``customer_id``: the customer that they are; ``fresh``: who isn't stored yet.
    """

    person = models.IntegerField(primary_key=True)
    root = models.IntegerField()
    customer_id = models.UUIDField(null=True)
    fresh = models.BooleanField(default=False)


class StagedVerdict(models.Model):
    """What becomes of a staged document: ``new``, ``changed``, ``same``, or ``nothing`` (takes back what isn't there).

    ``document_id`` and ``vehicle_id`` are the stored ones; for a new document the id it will have, and no vehicle.
    """

    line = models.IntegerField(primary_key=True)
    verdict = models.TextField()
    document_id = models.UUIDField()
    vehicle_id = models.UUIDField(null=True)
    customer_id = models.UUIDField(null=True)
