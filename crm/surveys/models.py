"""Questionnaires that went out and answers that came in. The questions themselves are the pack's."""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.messaging.models import Message
from sanfang.tenancy.models import Staff, TenantModel


class Asked(TenantModel):
    """Which questionnaire of which version of which pack was put to whom.

    The version is pinned: a pack's later wording never changes what was asked.
    """

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="%(class)ss")
    vehicle = models.ForeignKey("vehicles.Vehicle", models.PROTECT, null=True, related_name="%(class)ss")
    pack = models.CharField(max_length=60)
    pack_version = models.CharField(max_length=20)
    questionnaire = models.CharField(max_length=60)

    class Meta:
        abstract = True


class Invitation(Asked):
    """A questionnaire sent as a link. The short code in the link is known to the customer alone.

    ``code_hash`` is a keyed hash (:mod:`crm.surveys.codes`), so the table doesn't open any questionnaire.
    """

    code_hash = models.CharField(max_length=64, unique=True)
    follow_up_id = models.UUIDField(null=True, unique=True)
    message = models.ForeignKey(Message, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["customer", "-sent_at"], name="invitations_of_customer")]


class Response(Asked):
    """One filled-in questionnaire, raw.

    ``answers`` has every question of the questionnaire by its key: ``{key: {"value": …, "reasons": […]}}`` with
    ``value`` null where nothing was said. Means and shares are worked out from it, never stored (field notes §1.4).
    ``dissatisfied`` are the keys which the questionnaire of that version counts as dissatisfied: a later version
    must not change what an answer once set off. ``by`` is empty when the customer answered alone.
    """

    class Source(models.TextChoices):
        CALL = "call", _("电话")
        LINK = "link", _("短信链接")

    source = models.CharField(_("来源"), max_length=10, choices=Source)
    follow_up_id = models.UUIDField(null=True, db_index=True)
    invitation = models.OneToOneField(Invitation, models.PROTECT, null=True, related_name="response")
    by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    answers = models.JSONField()
    dissatisfied = models.JSONField(default=list)
    note = models.TextField(_("备注"), blank=True)

    class Meta:
        verbose_name = _("问卷")
        indexes: ClassVar = [
            models.Index(fields=["customer", "-at"], name="responses_of_customer"),
            # Answers come in by the order of time, so a month's lie together: a few pages say where.
            BrinIndex(fields=["at"], name="responses_by_time"),
        ]
