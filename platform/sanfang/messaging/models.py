"""Messages to customers: what is to be sent, and what became of it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.tenancy.models import TenantModel


class State(models.TextChoices):
    QUEUED = "queued", _("待发送")
    SENDING = "sending", _("发送中")
    SENT = "sent", _("已发送")
    DELIVERED = "delivered", _("已送达")
    FAILED = "failed", _("未发送")


class Fault(models.TextChoices):
    """Why a message wasn't sent."""

    DO_NOT_CALL = "do_not_call", _("客户要求不联系")
    OPTED_OUT = "opted_out", _("客户已拒收短信")
    WRONG_NUMBER = "wrong_number", _("号码已标记为错误")
    TOO_MANY = "too_many", _("近期短信已达上限")
    TEXT = "text", _("内容不符合短信平台规则")
    NOT_APPROVED = "not_approved", _("短信模板未通过审核")
    TAKEN_BACK = "taken_back", _("登记已撤销，不再发送")
    UNDELIVERED = "undelivered", _("运营商未能送达")
    REJECTED = "rejected", _("短信平台拒绝")
    UNREACHABLE = "unreachable", _("短信平台多次无法连接")
    EXPIRED = "expired", _("问卷已过期，不再发送")


class TemplateState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("审核中")
    APPROVED = "approved", _("已通过")
    REJECTED = "rejected", _("未通过")


class Template(TenantModel):
    """What this store says in a kind of message, and how far each provider's review of it has come.

    ``name``: the kind, as the standard's messages are called. ``body``: with {variables}; a store without a row says
    what its standard says. ``purpose``: notice or marketing. ``code``: the provider's own id of the approved template;
    ``reason``: why it was turned down. A changed text is a draft again.
    """

    name = models.CharField(max_length=40)
    provider = models.CharField(max_length=20)
    body = models.TextField(_("内容"), max_length=1000)
    purpose = models.CharField(_("用途"), max_length=10)
    state = models.CharField(_("状态"), max_length=10, choices=TemplateState, default=TemplateState.DRAFT)
    code = models.CharField(_("模板编号"), max_length=60, blank=True)
    reason = models.CharField(_("未通过原因"), max_length=300, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("短信模板")
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "provider"], name="one_template_a_provider")]


class Message(TenantModel):
    """One text to one number. ``id`` is the provider's idempotency key, so sending twice delivers once.

    ``text`` is what is sent, but for a secret it may hold (the code of a personal link): that stands in
    ``sealed``, encrypted, and is put in for ``{secret}`` when the text leaves (:mod:`sanfang.messaging.secrets`).
    ``customer_id`` and ``about`` name rows of apps above this one, without a constraint. ``error`` is a
    :class:`Fault`, or empty. ``wording``: the :class:`Template` it says, with ``parameters`` ([name, value] in its
    order); empty for a text that is no template. From ``not_after`` on there is no sense in sending it.
    """

    to = models.CharField(_("号码"), max_length=11)
    text = models.TextField(_("内容"))
    sealed = models.TextField(blank=True)
    purpose = models.CharField(_("用途"), max_length=40)
    wording = models.CharField(max_length=40, blank=True, default="", db_default="")
    parameters = models.JSONField(default=list, db_default=[])
    customer_id = models.UUIDField()
    about_model = models.CharField(max_length=63, blank=True)
    about = models.UUIDField(null=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.QUEUED)
    error = models.CharField(max_length=20, choices=Fault, blank=True)
    provider = models.CharField(max_length=40, blank=True)
    provider_id = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("短信")
        indexes: ClassVar = [
            models.Index(
                fields=["not_before"],
                name="messages_to_send",
                # Not ``state__in``: a dump writes that down in another form than the migration does.
                condition=models.Q(state="queued") | models.Q(state="sending"),
            ),
            models.Index(fields=["-queued_at"], name="messages_newest"),
            models.Index(fields=["customer_id", "-queued_at"], name="messages_of_customer"),
        ]
