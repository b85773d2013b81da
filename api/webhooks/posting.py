"""One request to an address that somebody outside chose: never into our own network, never where an answer leads.

The name is resolved once, every address it has must be public, and the connection goes to one of those, so that a name
that changes its mind in between (DNS rebinding) gains nothing. TLS is checked against the name.
"""

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from api.webhooks.rules import rules

Address = IPv4Address | IPv6Address


class Unreachable(Exception):
    """A word that says why, without what the other side said."""


@dataclass(frozen=True, slots=True)
class Posted:
    """``status`` 0: no answer, and ``error`` says why. ``milliseconds``: how long it took."""

    status: int
    error: str
    milliseconds: int

    @property
    def arrived(self) -> bool:
        return 200 <= self.status < 300


def post(url: str, body: bytes, headers: dict[str, str]) -> Posted:
    began = time.monotonic()
    status, error = 0, ""
    try:
        status = _post(split(url), body, headers)
    except Unreachable as reason:
        error = str(reason)
    except TimeoutError:
        error = "timeout"
    except ssl.SSLError:
        error = "tls"
    except (OSError, http.client.HTTPException, ValueError):
        error = "connection"
    return Posted(status, error, round((time.monotonic() - began) * 1000))


def split(url: str) -> SplitResult:
    """Raises :class:`Unreachable` for what can't be an endpoint, whatever its name resolves to."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Unreachable("address") from None
    plain = not url.isascii() or any(sign.isspace() or not sign.isprintable() for sign in url)
    if plain or not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise Unreachable("address")
    if settings.WEBHOOK_NETWORKS:  # development and closed networks
        return parts
    if parts.scheme != "https" or port not in rules().ports:
        raise Unreachable("address")
    return parts


def _post(parts: SplitResult, body: bytes, headers: dict[str, str]) -> int:
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    until = time.monotonic() + rules().timeout
    plug = socket.create_connection((str(_public(host, port)), port), timeout=rules().timeout)
    try:
        if parts.scheme == "https":
            plug = ssl.create_default_context().wrap_socket(plug, server_hostname=host)
        connection = http.client.HTTPConnection(host, port, timeout=rules().timeout)
        connection.sock = plug
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {**headers, "Host": parts.netloc, "Connection": "close"})
        plug.settimeout(max(until - time.monotonic(), 0.1))
        answer = connection.getresponse()
        answer.read(rules().read)
        return answer.status
    finally:
        plug.close()


def _public(host: str, port: int) -> Address:
    """One of the name's addresses. Raises :class:`Unreachable` if any of them is not for everybody."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("name") from None
    addresses = [ip_address(one[4][0]) for one in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise Unreachable("private")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether the whole internet knows it by this address. What carries another inside is judged by that."""
    if any(address in ip_network(one) for one in settings.WEBHOOK_NETWORKS):
        return True
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in ip_network("64:ff9b::/96"):
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or address.scope_id:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
