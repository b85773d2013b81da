"""Who the tenants are, who belongs to whom, and which people work where. Public schema."""

from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from sanfang.kernel.ids import schema_name, short_code, uuid7

slug_validator = RegexValidator(
    r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$",
    _("只能用小写字母、数字和连字符，以字母开头，3 到 32 个字符。"),
)


@cache
def reserved_slugs() -> frozenset[str]:
    """Host name parts that no tenant gets."""
    return frozenset(yaml.safe_load((Path(__file__).parent / "reserved_slugs.yaml").read_text(encoding="utf-8")))


class Kind(models.TextChoices):
    """The kinds of tenant; each has its own apps and addresses (settings.TENANT_TYPES)."""

    PUBLIC = "public", _("平台")
    DEALER = "dealer", _("经销商")
    GROUP = "group", _("经销商集团")
    OEM = "oem", _("主机厂")


class State(models.TextChoices):
    """Architecture §3: provisioning → ready → suspended → leaving → gone."""

    PROVISIONING = "provisioning", _("开通中")
    READY = "ready", _("正常")
    SUSPENDED = "suspended", _("已停用")
    LEAVING = "leaving", _("已退出（数据保管中）")
    GONE = "gone", _("已退出（数据已删除）")


class Tenant(TenantMixin):
    """A dealership, a dealer group or a car maker, with a schema and a database role of one final name.

    ``code`` is the prefix of public short codes (survey links): it names the tenant without a look-up table.
    """

    auto_create_schema = False
    auto_drop_schema = False

    # As in the mixin, without its pattern index: names are only ever compared whole.
    schema_name = models.CharField(max_length=63, unique=True, default=schema_name, editable=False)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind)
    slug = models.SlugField(_("标识"), max_length=32, unique=True, validators=[slug_validator])
    name = models.CharField(_("全称"), max_length=80)
    short_name = models.CharField(_("简称"), max_length=20)
    city = models.CharField(_("城市"), max_length=30, blank=True)
    phone = models.CharField(_("服务电话"), max_length=30, blank=True)
    time_zone = models.CharField(_("时区"), max_length=40, default="Asia/Shanghai")
    code = models.CharField(max_length=4, unique=True, editable=False)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.PROVISIONING)
    behind = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)
    """Why the last rollout of migrations failed here. As long as it says something, the tenant is read-only."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("租户")
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.short_name

    def clean(self) -> None:
        if self.kind != Kind.PUBLIC and self.slug in reserved_slugs():
            raise ValidationError({"slug": _("标识“%(slug)s”留给平台使用，请换一个。") % {"slug": self.slug}})
        if "--" in self.slug:
            # They make a host name of another writing (xn--…), which may look like anybody's.
            raise ValidationError({"slug": _("标识里的连字符不能相连。")})
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValidationError(
                {"time_zone": _("没有“%(zone)s”这个时区，请用 Asia/Shanghai 这样的名称。") % {"zone": self.time_zone}}
            ) from None

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.code:
            self.code = short_code(4)
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        return self.state == State.READY


class Domain(DomainMixin):
    """A host name that leads to a tenant."""


class PooledSchema(models.Model):
    """A schema (with its role) that was made ahead, under its final name, and waits to be claimed."""

    schema_name = models.CharField(max_length=63, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    ready = models.BooleanField(default=False)
    made_at = models.DateTimeField(auto_now_add=True)


class SchemaTemplate(models.Model):
    """A kind's template as SQL, as it was with the migrations ``version`` (their digest).

    Kept because ``pg_dump`` reads the whole catalogue, which takes minutes with a thousand schemas (tenancy lab §6).
    """

    kind = models.CharField(max_length=10, choices=Kind)
    version = models.CharField(max_length=32)
    sql = models.TextField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "version"], name="one_template_of_a_version"),
        ]


class Affiliation(models.Model):
    """``member`` (a dealer) belongs to ``holder`` (its group, or the car maker, there in a region)."""

    holder = models.ForeignKey(Tenant, models.CASCADE, to_field="schema_name", related_name="members")
    member = models.ForeignKey(Tenant, models.CASCADE, to_field="schema_name", related_name="holders")
    region = models.CharField(_("区域"), max_length=30, blank=True)
    since = models.DateField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["holder", "member"], name="one_affiliation")]
        ordering: ClassVar = ["region", "id"]


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, name: str, email: str = "", phone: str = "", password: str | None = None) -> "User":
        """A person who can sign in by ``email`` or ``phone`` (one of them is needed)."""
        user = self.model(name=name, email=self.normalize_email(email).lower() or None, phone=phone or None)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save()
        return user


class User(AbstractBaseUser):
    """A person, once on the platform, however many stores they work for. ``name`` is the full name."""

    name = models.CharField(_("姓名"), max_length=60)
    email = models.EmailField(_("邮箱"), unique=True, null=True, blank=True)
    phone = models.CharField(
        _("手机号"),
        max_length=11,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(r"^1[3-9]\d{9}$", _("请输入 11 位手机号。"))],
    )
    language = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    sessions_ended = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    """How often all of this person's sessions were ended at once (tenants.sessions)."""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(email__isnull=False) | models.Q(phone__isnull=False), name="user_can_sign_in"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """What a session is checked against. As Django makes it until sessions are ended: none ends by our update."""
        usual = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if not self.sessions_ended:
            return str(usual)
        words = f"{self.sessions_ended}:{usual}"
        return salted_hmac("tenants.User.sessions", words, secret=secret, algorithm="sha256").hexdigest()


class Membership(models.Model):
    """A user's one role in one tenant, as long as ``ended_at`` is empty.

    ``staff_id`` is the id of the person's staff row inside the tenant (no database constraint: it lives
    in another schema). ``region`` narrows what an OEM regional manager looks after.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, models.CASCADE, to_field="schema_name", related_name="memberships")
    role = models.CharField(_("岗位"), max_length=40)
    region = models.CharField(_("区域"), max_length=30, blank=True)
    staff_id = models.UUIDField(default=uuid7, db_index=True)
    since = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "tenant"], condition=models.Q(ended_at__isnull=True), name="one_live_membership"
            )
        ]
