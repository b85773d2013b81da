"""Start-up checks for settings that only a real deployment can get wrong."""

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security, deploy=True)
def proxies(app_configs: Any, **kwargs: Any) -> list[checks.Warning]:
    """A proxy is believed about TLS but about no address: every visitor would seem to be the proxy itself."""
    if not settings.SECURE_PROXY_SSL_HEADER or settings.TRUSTED_PROXIES:
        return []
    return [
        checks.Warning(
            "A proxy says whether a request came by TLS, but TRUSTED_PROXIES doesn't say how many proxies there are.",
            hint="Set TRUSTED_PROXIES to the number of proxies that append to X-Forwarded-For. At 0 all visitors share "
            "the proxy's address: one person's wrong passwords lock them everywhere, one guesser closes all surveys.",
            id="tenants.W001",
        )
    ]
