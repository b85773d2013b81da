"""The shipped standard packs, and loading them (or one's own file) checked and typed."""

from functools import lru_cache
from pathlib import Path

from sanfang.standards.definitions import Pack
from sanfang.standards.packs.build import build
from sanfang.standards.packs.check import check
from sanfang.standards.packs.errors import PackError, UnknownPack
from sanfang.standards.packs.lines import read

__all__ = ["Pack", "PackError", "UnknownPack", "load_pack", "shipped_packs"]

HOME = Path(__file__).parent


def shipped_packs() -> list[str]:
    """The ids of the packs that come with the product."""
    return sorted(path.stem for path in HOME.glob("*.yaml") if "@" not in path.stem)


def load_pack(pack: str | Path, version: str | None = None) -> Pack:
    """A shipped pack by its id, or any by the path of its file; read again only when it changed.

    Without ``version`` the newest. An older one is shipped beside it as ``<id>@<version>.yaml``, for as long
    as anything was asked by it. Raises UnknownPack for an id or a version nobody ships, PackError for a file
    that isn't a pack.
    """
    known = shipped_packs()
    path = HOME / f"{pack}.yaml" if pack in known else Path(pack)
    if not path.is_file():
        raise UnknownPack(str(pack), known)
    newest = _read(path)
    if version is None or newest.version == version:
        return newest
    older = HOME / f"{pack}@{version}.yaml"
    if not older.is_file():
        raise UnknownPack(f"{pack}@{version}", known)
    return _read(older)


def _read(path: Path) -> Pack:
    stamp = path.stat()
    return _load(path.resolve(), stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=32)
def _load(path: Path, _changed: int, _size: int) -> Pack:
    content, lines = read(path)
    check(path.name, content, lines)
    return build(content)
