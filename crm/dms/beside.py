"""The error file beside a file that was imported from the command line, and what earlier imports left there.

A file there is ours while it is, byte for byte, one that a run of this store keeps. Whatever else bears such a
name – somebody's own, or one of ours in which rows were corrected – is never overwritten or removed: the next
name is taken instead.
"""

import filecmp
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from django.core.files.storage import default_storage

from crm.dms import storing
from crm.dms.models import ImportRun

_LOOKED_THROUGH = 200
"""Runs of a file of this name, newest first. What is older than these is taken for somebody's own: it stays."""


def usual_place(source: Path, suffix: str) -> Path:
    return source.with_name(f"{source.stem}-errors{suffix}")


def put(errors: Path, source: Path) -> Path:
    """Lays the error file beside its source, whole or not at all; gives where. Raises :class:`OSError`."""
    place = next(place for place in _places(source, errors.suffix) if not _taken(place) or _is_ours(place, source))
    draft = place.with_name(f".{place.name}.part")
    try:
        shutil.copyfile(errors, draft)
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
    return place


def clear(source: Path, kept: Path | None) -> list[Path]:
    """Removes what earlier imports of this file left beside it; gives the files of that kind that aren't ours."""
    strange = []
    for suffix in (".csv", ".xlsx"):
        for place in _places(source, suffix):
            if not _taken(place):
                break
            if place == kept:
                continue
            if _is_ours(place, source):
                place.unlink()
            else:
                strange.append(place)
    return strange


def _places(source: Path, suffix: str) -> Iterator[Path]:
    first = usual_place(source, suffix)
    yield first
    for number in count(2):
        yield first.with_name(f"{first.stem}-{number}{suffix}")


def _taken(place: Path) -> bool:
    return place.exists() or place.is_symlink()


def _is_ours(place: Path, source: Path) -> bool:
    if place.is_symlink() or not place.is_file():
        return False
    runs = (
        ImportRun.objects.filter(filename=storing.shown_name(source.name))
        .exclude(error_file="")
        .order_by("-created_at")
    )
    names = runs.values_list("error_file", flat=True)[:_LOOKED_THROUGH]
    return any(default_storage.exists(name) and _same(Path(default_storage.path(name)), place) for name in names)


def _same(one: Path, other: Path) -> bool:
    return filecmp.cmp(one, other, shallow=False)
