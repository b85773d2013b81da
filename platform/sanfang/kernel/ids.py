"""Identifiers. Tenant rows carry UUIDv7 keys, so an id of one tenant never means anything in another.

Within one millisecond the order is random: never page by id alone.
"""

import os
import secrets
import time
from uuid import UUID

SCHEMA_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""Lower case without l, o, 0 and 1, which people mix up when they read a name aloud."""


def uuid7() -> UUID:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then randomness."""
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=number)


def short_code(length: int) -> str:
    """A random word of ``length`` characters that can be read aloud and typed on a phone."""
    return "".join(secrets.choice(SCHEMA_ALPHABET) for _ in range(length))


def schema_name() -> str:
    """A tenant schema's (and its database role's) final name; 60 bits, never derived from user input."""
    return f"t_{short_code(12)}"
