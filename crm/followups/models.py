"""Follow-ups 回访: what the standard asks the store to do for a customer, and what came of it (handbook §3)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import Staff, TenantModel


class State(models.TextChoices):
    """``answered``: a visit came first. ``withdrawn``: its trigger was taken back before anyone called."""

    OPEN = "open", _("待回访")
    COMPLETED = "completed", _("已完成")
    GIVEN_UP = "given_up", _("已放弃")
    ANSWERED = "answered", _("已回厂")
    WITHDRAWN = "withdrawn", _("已撤销")


class OutcomeKind(models.TextChoices):
    """How an attempt ends."""

    COMPLETED = "completed", _("完成问卷")
    NO_ANSWER = "no_answer", _("无人接听")
    CALL_LATER = "call_later", _("约定回拨")
    REFUSED = "refused", _("拒绝访问")
    WRONG_NUMBER = "wrong_number", _("空号/错号")
    BUSY = "busy", _("占线")
    SWITCHED_OFF = "switched_off", _("关机")
    MOVED = "moved", _("已搬离")


class FollowUp(TenantModel):
    """One thing to do, at most one per ``rule`` and ``trigger`` however often it is planned.

    ``trigger`` is the id of the delivery or repair order, the complaint's id with its round (``#2``),
    ``VIN:date`` or ``customer:date``; ``trigger_kind`` says which; ``trigger_on`` is the trigger's own day.
    ``pack``/``pack_version``: the standard that asked; its questionnaire and script stay with this call.
    ``ended_at``: when it was completed, given up or answered; ``answered_by``: the repair order that did.
    ``attempts`` counts every attempt and is what two submits of one call are told apart by.
    ``assignee``: whose work it is; empty is everybody's. Who does an absent person's work follows from their deputy
    (:mod:`crm.team`), so nothing is moved here when somebody is away, and nothing has to be moved back.
    """

    rule = models.CharField(max_length=40)
    trigger = models.CharField(max_length=80)
    trigger_kind = models.CharField(max_length=12)
    trigger_on = models.DateField()
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="follow_ups")
    vehicle = models.ForeignKey("vehicles.Vehicle", models.CASCADE, null=True, related_name="follow_ups")
    channel = models.CharField(max_length=5)
    opens = models.DateTimeField()
    due = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    assignee = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    promised_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=20)
    planned_at = models.DateTimeField()
    # Kept by a trigger as well (api.intake): what changes rows in bulk forgets it.
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        verbose_name = _("回访")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["trigger", "rule"], name="one_per_rule_and_trigger"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due"], condition=models.Q(state=State.OPEN), name="open_follow_ups"),
            models.Index(
                fields=["assignee"],
                condition=models.Q(state=State.OPEN, assignee__isnull=False),
                name="assigned_follow_ups",
            ),
            models.Index(fields=["due", "rule"], name="follow_ups_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.trigger}"


class Attempt(TenantModel):
    """One call that was tried. ``number`` counts from 1 within its follow-up, so a second submit of the
    same call finds its place taken. ``complaint_id``, ``invitation_id`` and ``tracking_id`` are what the
    attempt led to in the neighbouring apps."""

    follow_up = models.ForeignKey(FollowUp, models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_index=True)
    outcome = models.CharField(max_length=12, choices=OutcomeKind)
    reason = models.CharField(_("原因"), max_length=40, blank=True)
    note = models.TextField(_("备注"), max_length=2000, blank=True)
    promised_at = models.DateTimeField(null=True)
    complaint_id = models.UUIDField(null=True)
    invitation_id = models.UUIDField(null=True)
    tracking_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("拨打记录")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["follow_up", "number"], name="one_attempt_a_number"),
        ]


class Hold(TenantModel):
    """A customer is with one specialist until ``until``; for the others the customer is locked.

    One row per customer, so two specialists can't both have them whichever calls they opened. ``begun_at``: the
    number was shown or something written down; until then the customer is free again as soon as the page is left.
    ``revealed_at``: since when the number is on the specialist's screen; ``revealed_as``: which one, masked, for one
    that is corrected meanwhile has not been looked at.
    """

    customer = models.OneToOneField("customers.Customer", models.CASCADE, related_name="hold")
    staff = models.ForeignKey(Staff, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    revealed_at = models.DateTimeField(null=True)
    revealed_as = models.CharField(max_length=40, blank=True, default="", db_default="")


class Draft(TenantModel):
    """What has been ticked and noted in a call that isn't finished. Gone with its outcome.

    ``answers`` as the surveys keep them: ``{question id: {"value": …, "reasons": […]}}``. ``revision``: which
    window wrote it, and which of its states it is (``window:number``).
    """

    follow_up = models.OneToOneField(FollowUp, models.CASCADE, related_name="draft")
    staff = models.ForeignKey(Staff, models.CASCADE, related_name="+")
    answers = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    revision = models.CharField(max_length=60, blank=True, default="", db_default="")
    saved_at = models.DateTimeField()


class PlanState(TenantModel):
    """How far planning has come for one vehicle or one customer, whose id this row carries.

    To be planned: ``marks`` has moved on from ``planned_marks`` (something changed; a number, so a change
    that arrives while the planner works isn't lost), ``next_at`` has come, or the store's settings changed
    after ``planned_at``.
    """

    class Subject(models.TextChoices):
        VEHICLE = "vehicle"
        CUSTOMER = "customer"

    subject = models.CharField(max_length=8, choices=Subject)
    marks = models.PositiveIntegerField(default=1)
    planned_marks = models.PositiveIntegerField(default=0)
    planned_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
