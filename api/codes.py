"""What a token looks like: ``sanfang_`` + 8 signs that name it + ``_`` + 32 random signs + 7 that check the rest.

The beginning is for people and for scanners of leaked secrets, the check for telling a mistyped one without asking the
database. Only a keyed hash of the whole is stored.
"""

import re
from zlib import crc32

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from sanfang.kernel.ids import SCHEMA_ALPHABET, short_code

BEGINNING = "sanfang_"
NAME, CHANCE, CHECK = 8, 32, 7
TOKEN = re.compile(f"{BEGINNING}[{SCHEMA_ALPHABET}]{{{NAME}}}_[{SCHEMA_ALPHABET}]{{{CHANCE + CHECK}}}")
"""What a scanner looks for."""


def new_code() -> str:
    body = f"{BEGINNING}{short_code(NAME)}_{short_code(CHANCE)}"
    return body + _check(body)


def is_whole(code: str) -> bool:
    """Whether it could be a token at all."""
    return bool(TOKEN.fullmatch(code)) and code[-CHECK:] == _check(code[:-CHECK])


def name_of(code: str) -> str:
    return code[len(BEGINNING) : len(BEGINNING) + NAME]


def digest(code: str, key: str | bytes | None = None) -> str:
    return salted_hmac("api.codes", code, secret=key or settings.SECRET_KEY, algorithm="sha256").hexdigest()


def matches(code: str, stored: str) -> bool:
    """A retired key still knows the tokens that it made."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(digest(code, key), stored) for key in keys)


def _check(body: str) -> str:
    number, signs = crc32(body.encode()), []
    for _place in range(CHECK):
        number, sign = divmod(number, len(SCHEMA_ALPHABET))
        signs.append(SCHEMA_ALPHABET[sign])
    return "".join(signs)
