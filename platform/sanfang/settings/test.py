"""The test suite: real PostgreSQL and Valkey, cheap password hashing, nothing leaves the machine."""

import os
import tempfile
from atexit import register
from pathlib import Path
from shutil import rmtree

from sanfang.ops.stack import ensure_services, environment

# Test servers of their own, found or started here because Django reads the addresses below.
if "SANFANG_TEST_ADMIN_URL" not in os.environ:
    services = ensure_services("test")
    os.environ.update(environment(services, "test"), SANFANG_TEST_ADMIN_URL=services.admin_url or "")

from sanfang.settings import base
from sanfang.settings.base import *  # noqa: F403
from sanfang.settings.base import STATIC_ROOT as BASE_STATIC_ROOT
from sanfang.settings.base import STORAGES as BASE_STORAGES

# Runs and their workers share one Valkey, but not what they keep in it.
RUN = os.environ.setdefault("SANFANG_TEST_RUN", str(os.getpid()))
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
CACHES = {alias: {**cache, "KEY_PREFIX": f"{alias}-{RUN}-{WORKER}"} for alias, cache in base.CACHES.items()}
SECRET_KEY = "tests-only"  # noqa: S105
DEVELOPMENT = True
RATE_LIMITS = False
# Thousands of forms are sent from one address. Wrong passwords and codes stay counted: tests are about them.
UNCOUNTED = ("signup", "reset_password", "reset_password_from_key", "change_password", "reauthenticate")
ACCOUNT_RATE_LIMITS = {**base.ACCOUNT_RATE_LIMITS, **dict.fromkeys(UNCOUNTED, False)}
ALLOWED_HOSTS = ["localhost", ".localhost", "127.0.0.1", "testserver"]
PUBLIC_SCHEME = "http"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# The live server's static handler answers before the middleware, by plain names.
STORAGES = {
    **BASE_STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# What tests upload ends with them. Processes that a test starts share its folder; processes of tests that run side by
# side don't share theirs, although each inherits its parent's environment.
OWNER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
if os.environ.get("MEDIA_OWNER") != OWNER:
    os.environ["MEDIA_OWNER"] = OWNER
    os.environ["MEDIA_ROOT"] = tempfile.mkdtemp(prefix="sanfang-test-media-")
    register(rmtree, os.environ["MEDIA_ROOT"], ignore_errors=True)
MEDIA_ROOT = Path(os.environ["MEDIA_ROOT"])
BASE_STATIC_ROOT.mkdir(parents=True, exist_ok=True)
