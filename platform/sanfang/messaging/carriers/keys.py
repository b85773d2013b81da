"""Keys for providers: from the environment, or from the files that a secret store mounts. Never from the database."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def key(name: str) -> str:
    """The value of ``name``, or of the file that ``<name>_FILE`` names. Raises ImproperlyConfigured without either."""
    value = os.environ.get(name, "")
    if not value and os.environ.get(f"{name}_FILE"):
        value = Path(os.environ[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set; the gateway for messages needs it.")
    return value


def setting(name: str, default: str) -> str:
    return os.environ.get(name) or default
