"""Where a request comes from: the one place that decides whom to believe about it."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's address, or None where it can't be known (a socket file without a proxy's word).

    Each proxy appends the address it was called from, so only the last ``TRUSTED_PROXIES`` entries were written by
    our own; what stands left of them is the client's word and is never read.
    """
    trusted = settings.TRUSTED_PROXIES
    if trusted:
        said = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        forwarded = _tidied(said[-trusted]) if len(said) >= trusted else None
        if forwarded:
            return forwarded
    return _tidied(request.META.get("REMOTE_ADDR", ""))


def _tidied(text: str) -> str | None:
    """One address in one spelling, without port and brackets; None for what is no address."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id:  # a name of the proxy's own network card; PostgreSQL knows no such addresses
            return None
        address = address.ipv4_mapped or address
    return str(address)
