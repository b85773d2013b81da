"""That somebody has just answered, for the page that thanks them: told once, and forgotten soon."""

from collections.abc import Iterable

from django.core.cache import caches

SECONDS = 600


def remember(code_hash: str, *, dissatisfied: bool) -> None:
    caches["shared"].set(_key(code_hash), dissatisfied, SECONDS)


def take(code_hashes: Iterable[str]) -> bool | None:
    """Whether the answers just given were dissatisfied; None when there are none, or it has been told."""
    for code_hash in code_hashes:
        told: bool | None = caches["shared"].get(_key(code_hash))
        if told is not None and caches["shared"].delete(_key(code_hash)):
            return told
    return None


def _key(code_hash: str) -> str:
    return f"survey:thanks:{code_hash}"
