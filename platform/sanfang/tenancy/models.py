"""What every row inside a tenant is made of, and the people of a tenant."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from sanfang.kernel.errors import WrongTenant
from sanfang.kernel.ids import uuid7
from sanfang.tenancy.context import at_door, current_schema
from sanfang.tenancy.querysets import TenantManager


class TenantModel(models.Model):
    """A row that lives in a tenant's schema: UUIDv7 key, bound to the schema it was read in.

    No foreign key leads from here to a public table: it would tie the schema to one database and break
    restoring one tenant alone. People are pointed at through :class:`Staff`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    objects = TenantManager()

    class Meta:
        abstract = True

    _schema: str | None = None

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **kwargs: Any) -> Self:
        instance = super().from_db(db, field_names, values, **kwargs)
        instance._schema = current_schema()
        return instance

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._require_schema()
        super().save(*args, **kwargs)
        self._schema = current_schema()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._require_schema()
        return super().delete(*args, **kwargs)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self._require_schema()
        super().refresh_from_db(*args, **kwargs)

    def _require_schema(self) -> None:
        if at_door() or self._schema not in (None, current_schema()):
            raise WrongTenant(f"{type(self).__name__} {self.pk} belongs to another tenant.")


class Staff(TenantModel):
    """A person of this tenant, as its rows see them. Follows the Membership; outlives it.

    ``user_id`` names the global account without a database constraint. A name that came with a file
    (服务顾问 张伟) and has no account yet is a row too, with ``user_id`` empty.
    """

    user_id = models.BigIntegerField(_("账号"), null=True, blank=True, unique=True)
    name = models.CharField(_("姓名"), max_length=60, db_index=True)
    role = models.CharField(_("岗位"), max_length=40, blank=True)
    phone = models.CharField(_("工作电话"), max_length=30, blank=True)
    active = models.BooleanField(_("在岗"), default=True)

    class Meta:
        db_table = "staff"
        verbose_name = _("员工")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name
