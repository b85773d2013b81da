"""A tenant's folder in the storage, and what lies beside it in its name.

``<schema>`` itself; ``<schema>_restoring_<stamp>``, which a restore lays out; ``<schema>_before_<stamp>``, what it
set aside; ``<schema>_leaving`` with what the tenant was given to take along.
"""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

from django.conf import settings


def folder(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def files_of(name: str) -> Iterator[tuple[str, Path]]:
    """Every file below, by its name from there, in order. A link is nobody's file."""
    root = folder(name)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(root).as_posix(), path


def remove(name: str) -> None:
    if folder(name).exists():
        rmtree(folder(name))


def all_of(schema: str) -> list[str]:
    """The names of all folders of a tenant that are there."""
    patterns = (schema, f"{schema}_restoring_*", f"{schema}_before_*", f"{schema}_leaving")
    return [path.name for pattern in patterns for path in sorted(Path(settings.MEDIA_ROOT).glob(pattern))]


def remove_all(schema: str) -> None:
    for name in all_of(schema):
        remove(name)


def swap_in(schema: str, stamp: str) -> None:
    """What a restore laid out becomes the folder; the one before stays beside. Repeatable at every step."""
    laid_out, before = folder(f"{schema}_restoring_{stamp}"), folder(f"{schema}_before_{stamp}")
    if not laid_out.exists():
        return
    if folder(schema).exists() and not before.exists():
        folder(schema).rename(before)
    laid_out.rename(folder(schema))
