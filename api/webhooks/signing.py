"""Standard Webhooks, version 1: HMAC-SHA256 of id, moment and body, with each secret that is valid."""

import base64
import hmac
import secrets
from hashlib import sha256

BEGINNING = "whsec_"
BYTES = 24


def new_secret() -> str:
    return BEGINNING + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def signature(secret: str, letter: str, seconds: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(BEGINNING))
    words = f"{letter}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, words, sha256).digest()).decode()


def headers(all_secrets: list[str], letter: str, seconds: int, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": letter,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signature(secret, letter, seconds, body) for secret in all_secrets),
    }
