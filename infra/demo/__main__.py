"""``python -m infra.demo FOLDER [--date YYYY-MM-DD] [--today]``: the demo network's DMS files, to import by hand."""

import sys
from argparse import ArgumentParser
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from infra.demo.build import build, todays_export


def main() -> None:
    parser = ArgumentParser(prog="python -m infra.demo", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    parser.add_argument("--date", type=date.fromisoformat, default=today, help="reference date (default: today)")
    parser.add_argument("--today", action="store_true", help="this morning's export of the last three days instead")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    manifest = (todays_export if given.today else build)(given.date, given.folder)
    for file in manifest.files:
        sys.stdout.write(f"{file.path}: {file.rows} rows, {file.faulty} faulty\n")


if __name__ == "__main__":
    main()
