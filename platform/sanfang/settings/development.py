"""A developer's or visitor's own machine, started by ``make run``."""

from sanfang.settings import env
from sanfang.settings.base import *  # noqa: F403
from sanfang.settings.base import MIDDLEWARE as BASE_MIDDLEWARE

SECRET_KEY = env.secret("SECRET_KEY", "only-for-commands-that-touch-no-session")
DEVELOPMENT = True
ALLOWED_HOSTS = ["localhost", ".localhost", "127.0.0.1"]
PUBLIC_SCHEME = "http"
PUBLIC_PORT = env.text("PORT", "8000")
# Browsers accept Secure and __Host- cookies on localhost over http.
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
MIDDLEWARE = BASE_MIDDLEWARE
