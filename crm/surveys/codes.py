"""The short code in a questionnaire's link: whose store, then chance. Only a keyed hash of it is stored."""

import re

from django.conf import settings
from django.utils.crypto import salted_hmac

from sanfang.kernel.ids import SCHEMA_ALPHABET, short_code

PREFIX = 4
"""Signs that name the tenant (``Tenant.code``)."""
CHANCE = 12
"""Random signs, five bits each."""
CODE = re.compile(f"[{SCHEMA_ALPHABET}]{{{PREFIX + CHANCE}}}")


def new_code(tenant_code: str) -> str:
    return tenant_code + short_code(CHANCE)


def tidied(code: str) -> str:
    """``code`` as it was made, though a phone's keyboard began it with a capital; "" if it can't be one."""
    code = code.strip().lower()
    return code if CODE.fullmatch(code) else ""


def code_hash(code: str, key: str | bytes | None = None) -> str:
    return salted_hmac("crm.surveys.codes", code, secret=key or settings.SECRET_KEY, algorithm="sha256").hexdigest()


def possible_hashes(code: str) -> list[str]:
    """What the code may be stored as: a retired key still opens the links that it made."""
    return [code_hash(code, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
