"""A tenant's folder in the storage, and what lies beside it in its name.

``<schema>`` itself; ``<schema>_restoring_<stamp>``, which a restore lays out; ``<schema>_before_<stamp>``, what it
set aside; ``<schema>_leaving`` with what the tenant was given to take along.
"""

import errno
import os
from pathlib import Path
from shutil import rmtree
from typing import BinaryIO

from django.conf import settings

MODE = 0o700
"""Nobody else of the machine looks in."""


def folder(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def files_of(name: str) -> list[tuple[str, Path]]:
    """Every file below, by its name from there, in order. A link is nobody's file."""
    root = folder(name)
    below = (Path(place) / file for place, _folders, files in os.walk(root) for file in files)
    return sorted((path.relative_to(root).as_posix(), path) for path in below if _is_plain(path))


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def open_plainly(path: Path) -> BinaryIO:
    """Raises :class:`FileNotFoundError` for what is gone, or has become a link."""
    try:
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from error
        raise


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


def are_laid_out(schema: str, stamp: str) -> bool:
    """Whether the files of a restore are there, or in their place already."""
    return folder(f"{schema}_restoring_{stamp}").exists() or folder(f"{schema}_before_{stamp}").exists()


def swap_in(schema: str, stamp: str) -> None:
    """What a restore laid out becomes the folder; the one before stays beside. Repeatable at every step."""
    laid_out, before = folder(f"{schema}_restoring_{stamp}"), folder(f"{schema}_before_{stamp}")
    if not laid_out.exists():
        if not before.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(laid_out))
        return
    if before.exists():
        # A request from before the door was closed may have put something here meanwhile.
        remove(schema)
    elif folder(schema).exists():
        folder(schema).rename(before)
    else:
        # There it is the sign that the files were swapped, for whoever goes on or back.
        before.mkdir()
    laid_out.rename(folder(schema))


def swap_back(schema: str, stamp: str) -> None:
    """The folder as it was before :func:`swap_in`, whether it was called or not. Repeatable."""
    before = folder(f"{schema}_before_{stamp}")
    if before.exists():
        remove(schema)
        before.rename(folder(schema))
    remove(f"{schema}_restoring_{stamp}")
