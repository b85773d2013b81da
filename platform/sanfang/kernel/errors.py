"""Errors that carry a meaning to the person in front of the screen.

Text is always a whole sentence in the user's language that says what to do next; lazy strings are fine.
"""

from typing import Any


class DomainError(Exception):
    """An action was refused for a reason its user can understand. ``message`` is shown as it is."""

    def __init__(self, message: Any, *, code: str = "refused", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class Forbidden(Exception):
    """The thing exists in this tenant and the actor knows it, but may not do this (403)."""


class NotFound(Exception):
    """Nothing by that id in this tenant: unknown and foreign look the same (404)."""


class Conflict(DomainError):
    """Someone else was there first; ``message`` names them."""


class WrongTenant(RuntimeError):
    """A row or query of one tenant was about to be used in another. Always a bug, never shown."""
