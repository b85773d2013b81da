"""The ``sanfang`` command, and what ``manage.py`` calls."""

import argparse
import os
import sys

from sanfang.ops.errors import StackError


def manage() -> None:
    """Django's commands. Beside a running development stack they use its database and queue without being told."""
    settings = os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sanfang.settings.development")
    if settings == "sanfang.settings.development" and not os.environ.get("DATABASE_URL"):
        from sanfang.ops import stack

        for name, value in stack.addresses().items():
            os.environ.setdefault(name, value)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def main() -> int:
    parser = argparse.ArgumentParser(prog="sanfang", description="The development stack of Sanfang.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, meaning in (
        ("run", "start everything (or attach to what runs); PORT names another port than 8000"),
        ("services", "start only PostgreSQL and Valkey, and leave them running"),
        ("stop", "end all that runs in this checkout, the tests' servers too"),
        ("status", "what runs"),
    ):
        commands.add_parser(name, help=meaning)
    command = parser.parse_args().command
    from sanfang.ops import commands as ours

    try:
        return ours.COMMANDS[command]()
    except StackError as error:
        parser.exit(1, f"\n{error}\n")


if __name__ == "__main__":
    sys.exit(main())
