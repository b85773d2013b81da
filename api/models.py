"""Keys for machines. Public schema: the door asks for them before a tenant is entered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.kernel.ids import uuid7
from tenants.models import Membership, Tenant


class Token(models.Model):
    """A machine's key to one tenant. It acts as ``membership``'s person and ends with that membership.

    ``prefix`` is the part that names it and may be shown; ``digest`` a keyed hash of the whole. ``last_used_at`` is
    within an hour. ``revoked_by`` is a staff id.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, to_field="schema_name", related_name="api_tokens")
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("名称"), max_length=60)
    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("访问令牌")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
