"""What is the same wherever Sanfang runs. Secrets and addresses come from the environment only."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from redis.backoff import NoBackoff
from redis.retry import Retry

from sanfang.settings import env

ROOT = Path(__file__).resolve().parents[3]
VAR = Path(env.text("SANFANG_VAR", str(ROOT / "var")))

SECRET_KEY = env.secret("SECRET_KEY", "")
DEBUG = False
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")

# --- tenants -------------------------------------------------------------------------------
# ADR 0003: which app lives in which schemas. A table's place never changes afterwards.
EVERYWHERE = ["sanfang.tenancy", "sanfang.audit"]
PUBLIC_APPS = [
    "django_tenants",
    "tenants",
    "tenants.life",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "frontend",  # before allauth: its own sign-in pages win
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "sanfang.ops",
    "sanfang.standards",
    "infra.demo",
    "api",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
]
DEALER_APPS = [
    *EVERYWHERE,
    "sanfang.messaging",
    "crm.store",
    "crm.customers",
    "crm.vehicles",
    "crm.leads",
    "crm.doubles",
    "crm.dms",
    "crm.followups",
    "crm.complaints",
    "crm.surveys",
    "crm.team",
    "crm.desk",
    "crm.checks",
    "crm.reports",
    "api.intake",
    "api.webhooks",
]
GROUP_APPS = [*EVERYWHERE]
OEM_APPS = [*EVERYWHERE]

TENANT_TYPES: dict[str, dict[str, Any]] = {
    "public": {"APPS": PUBLIC_APPS, "URLCONF": "sanfang.urls.public"},
    "dealer": {"APPS": DEALER_APPS, "URLCONF": "sanfang.urls.dealer"},
    "group": {"APPS": GROUP_APPS, "URLCONF": "sanfang.urls.group"},
    "oem": {"APPS": OEM_APPS, "URLCONF": "sanfang.urls.oem"},
}
INSTALLED_APPS = list(dict.fromkeys([*PUBLIC_APPS, *DEALER_APPS, *GROUP_APPS, *OEM_APPS]))
HAS_MULTI_TYPE_TENANTS = True
MULTI_TYPE_DATABASE_FIELD = "kind"
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_NAME = "public"
PUBLIC_SCHEMA_URLCONF = "sanfang.urls.public"
TENANT_SYNC_ROUTER = "sanfang.tenancy.routers.PlacementRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]
TENANT_LIMIT_SET_CALLS = True

MAIN_HOST = env.text("MAIN_HOST", "localhost")
"""The host without a tenant: landing page, operator, and public links such as surveys."""
TENANT_HOST_SUFFIX = env.text("TENANT_HOST_SUFFIX", f".{MAIN_HOST}")
PUBLIC_PORT = env.text("PUBLIC_PORT", "")
"""Port that belongs into links (development only; behind a proxy it stays empty)."""
PUBLIC_SCHEME = env.text("PUBLIC_SCHEME", "https")
OWN_HOSTS = [f"{MAIN_HOST}:*", f"*{TENANT_HOST_SUFFIX}:*"]
"""As the content security policy names them; the scheme is the page's own."""

# --- database ------------------------------------------------------------------------------
# `default` logs in as sanfang_app, which may do nothing until it has entered the door or a tenant;
# `provisioner` may create schemas and roles and acts as their owner (ADR 0002).
STATEMENT_TIMEOUT_MS = env.number("STATEMENT_TIMEOUT_MS", 30_000)
SCHEMAS_PER_CONNECTION = env.number("SCHEMAS_PER_CONNECTION", 50)
"""A connection that has touched more schemas is given up at the end of the request or task (2.5 MB each)."""
TENANT_POOL_SIZE = env.number("TENANT_POOL_SIZE", 2)
"""Ready schemas of each kind kept in the pool."""
MIGRATION_CANARIES = env.words("MIGRATION_CANARIES")
"""Slugs of the tenants that get a new version's migrations before all others; without them the first of each kind."""


def databases() -> dict[str, dict[str, Any]]:
    common = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True}
    app = env.database(env.secret("DATABASE_URL", "postgresql:///sanfang"), **common)
    provisioner = env.database(env.secret("DATABASE_PROVISIONER_URL", "postgresql:///sanfang"), CONN_MAX_AGE=0)
    return {"default": app, "provisioner": provisioner}


DATABASES = databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- queue and cache -----------------------------------------------------------------------
BROKER_URL = env.secret("BROKER_URL", "redis://127.0.0.1:6379/0")
# As the client comes it tries again for four seconds, so that every request would hang while Valkey is down. Once more
# at once is for a connection that the server has given up meanwhile.
VALKEY_PATIENCE = {"socket_connect_timeout": 0.5, "socket_timeout": 1.0, "retry": Retry(NoBackoff(), 1)}
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.secret("CACHE_URL", BROKER_URL.rsplit("/", 1)[0] + "/1"),
        "KEY_FUNCTION": "sanfang.tenancy.cache.tenant_key",
        "OPTIONS": VALKEY_PATIENCE,
    },
    # What belongs to the platform as a whole: tenant look-ups, lock-outs.
    "shared": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.secret("CACHE_URL", BROKER_URL.rsplit("/", 1)[0] + "/1"),
        "KEY_PREFIX": "shared",
        "OPTIONS": VALKEY_PATIENCE,
    },
}

# --- requests ------------------------------------------------------------------------------
RATE_LIMITS = env.flag("RATE_LIMITS", True)
"""Whether requests are counted by person and tenant (tenants/limits.yaml). Off for measurements of speed."""
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
"""How many proxies before us append to X-Forwarded-For; none by default, and then the header isn't read."""
MIDDLEWARE = [
    "sanfang.ops.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "sanfang.ops.middleware.ProbeMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "api.middleware.ProblemsMiddleware",
    # From here on a host has named the tenant; still with the door's rights only.
    "tenants.middleware.TenantOfHostMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "frontend.middleware.ClosedMiddleware",
    "tenants.middleware.SessionOfTenantMiddleware",
    "api.middleware.TokenMiddleware",
    "frontend.middleware.LimitsMiddleware",
    # Enters the tenant's role and schema for the view, and returns to the door afterwards.
    "tenants.middleware.EnterTenantMiddleware",
    "frontend.middleware.RefusalsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "sanfang.urls.public"
WSGI_APPLICATION = "sanfang.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "frontend.context.appearance",
                "frontend.context.shell",
            ],
        },
    },
]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "__Host-sanfang-session"
CSRF_COOKIE_NAME = "__Host-sanfang-csrf"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # Going to another store of one's own is a form whose answer leads to that store's host.
        "form-action": [SELF, *OWN_HOSTS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "frontend.uploads.NotTooLarge",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- machines ------------------------------------------------------------------------------
# Who asks is known by the middleware; what they may, by policies. JSON only, and no browsable pages.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.v1.refusals.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Sanfang 三访 API",
    "VERSION": "1",
    "DESCRIPTION": "One dealership's customers, vehicles and follow-ups; deliveries, repair orders and lists in. "
    "docs/api.md tells the rest.",
    "SERVERS": [{"url": "/"}],
    "OAS_VERSION": "3.1.0",
    "AUTHENTICATION_WHITELIST": [],
    "APPEND_COMPONENTS": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "SECURITY": [{"token": []}],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "api.v1.schema.every_refusal"],
}

# --- people --------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "tenants.accounts.MemberBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tenants.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# Nobody signs up; but a field that is required here must be verified before anybody may sign in.
ACCOUNT_SIGNUP_FIELDS = ["email", "phone", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {"login": "tenants.forms.SignInForm"}
# allauth's own limits count by address, and a whole store shares one: axes counts by person and address. Wrong codes
# of the second factor are counted under the same name, by person, and stay limited.
SECOND_FACTOR_MINUTES = 5
"""For how long ten wrong codes lock the second factor of a person."""
ACCOUNT_RATE_LIMITS = {"login": False, "login_failed": f"10/{SECOND_FACTOR_MINUTES}m/key"}
MFA_ADAPTER = "tenants.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Sanfang 三访"
MFA_TOTP_TOLERANCE = 1
"""Steps of 30 seconds by which a phone's clock may be off, or its owner slow, before and after."""
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
"""Hours until a locked pair of person and address may try again."""
AXES_CLIENT_IP_CALLABLE = "tenants.addresses.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "tenants.accounts.lockout_name"
AXES_LOCKOUT_TEMPLATE = "account/lockout.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# --- language and time ---------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "sanfang-language"
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- files ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR / "static")))
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR / "media")))
STORAGES = {
    "default": {"BACKEND": "sanfang.tenancy.storage.TenantFiles"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- webhooks ------------------------------------------------------------------------------
WEBHOOK_NETWORKS = env.words("WEBHOOK_NETWORKS")
"""Networks that aren't public and may be told of events all the same, such as ``10.1.0.0/16``; none by default. With
any, http and other ports are allowed too."""

# --- messages to customers -------------------------------------------------------------------
MESSAGE_GATEWAY = env.text("MESSAGE_GATEWAY", "sanfang.messaging.gateways.Development")

PLATFORM_CONTACT = env.text("PLATFORM_CONTACT", "")
"""Whom a store asks when it is closed or under repair: a telephone number or an address, as it is to be read."""

# --- operations ----------------------------------------------------------------------------
SENTRY_DSN = env.secret("SENTRY_DSN", "")
LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "sanfang.ops.logs.configure"
LOGGING: dict[str, Any] = {"level": LOG_LEVEL}
# allauth wants each way of signing in to be required at sign-up. There is no sign-up, and one way is enough.
SILENCED_SYSTEM_CHECKS = ["account.W001"]
