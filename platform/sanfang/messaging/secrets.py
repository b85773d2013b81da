"""Secrets in messages, such as the code of a personal link, aren't readable where messages are stored.

A text holds ``{secret}``; what belongs there is kept encrypted beside it and put in when the text leaves. Keys
derive from SECRET_KEY; with SECRET_KEY_FALLBACKS older ones still open what they sealed.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

PLACE = "{secret}"
HIDDEN = "••••"


def seal(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    return _box().decrypt(sealed.encode()).decode()


def opened(text: str, sealed: str) -> str:
    """The text as the customer gets it."""
    return text.replace(PLACE, unseal(sealed)) if sealed else text


def hidden(text: str) -> str:
    """The text as colleagues see it."""
    return text.replace(PLACE, HIDDEN)


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [salted_hmac("sanfang.messaging.secrets", "", secret=key, algorithm="sha256").digest() for key in keys]
    return MultiFernet([Fernet(urlsafe_b64encode(digest)) for digest in digests])
