"""Translations without gettext's programs: extract, check and compile with Django's templatize and Babel.

The source language is Chinese: what stands in code and templates is the Chinese text itself. Each app keeps its
English in ``locale/en/LC_MESSAGES/django.po``.

    python -m sanfang.ops.translations extract|check|compile
"""

import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract as babel_extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("platform", "tenants", "crm", "billing", "api", "frontend", "infra")
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
HAN = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}")
PLURALS = "nplurals=2; plural=(n != 1)"


@dataclass(frozen=True, slots=True)
class Found:
    """One translatable text: ``key`` is the message id, a pair for plurals; ``context`` is pgettext's."""

    key: str | tuple[str, ...]
    context: str | None
    file: Path
    line: int


def apps() -> list[Path]:
    """Folders that keep a catalogue: those with an ``apps.py``, deepest first."""
    found = [path.parent for source in SOURCES for path in (ROOT / source).rglob("apps.py")]
    return sorted(found, key=lambda folder: -len(folder.parts))


def app_of(file: Path) -> Path:
    """The catalogue a file's texts belong to; what belongs to no app (settings) goes to the frontend."""
    return next((folder for folder in apps() if file.is_relative_to(folder)), ROOT / "frontend")


def texts() -> Iterator[Found]:
    """Every text marked for translation in our code and templates."""
    from django.utils.translation.template import templatize

    for source in SOURCES:
        for file in sorted((ROOT / source).rglob("*")):
            if file.suffix == ".py" and "migrations" not in file.parts:
                code = file.read_bytes()
            elif file.suffix in {".html", ".txt"} and "templates" in file.parts:
                # What templatize leaves of the markup is no Python: without indentation the tokenizer lets it pass.
                lines = templatize(file.read_text(encoding="utf-8"), origin=str(file)).splitlines()
                code = "\n".join(line.lstrip() for line in lines).encode()
            else:
                continue
            for line, key, _comments, context in babel_extract("python", io.BytesIO(code), KEYWORDS):
                yield Found(key, context, file, line)


def catalogue(folder: Path) -> Path:
    return folder / "locale" / "en" / "LC_MESSAGES" / "django.po"


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def compile_all() -> int:
    """Writes the binary catalogues that Django reads; returns how many."""
    paths = [catalogue(folder) for folder in apps() if catalogue(folder).exists()]
    for path in paths:
        draft = path.with_suffix(".mo.new")
        with draft.open("wb") as file:
            write_mo(file, read(path))
        draft.replace(path.with_suffix(".mo"))
    return len(paths)


def extract_all() -> int:
    """Adds new texts to the catalogues, untranslated, and takes out what no code uses; returns how many are new."""
    wanted: dict[Path, dict[tuple[object, str | None], Found]] = {}
    for found in texts():
        wanted.setdefault(app_of(found.file), {}).setdefault((found.key, found.context), found)
    new = 0
    catalogues = _catalogues()
    for folder in apps():
        path = catalogue(folder)
        known = read(path) if path.exists() else None
        if not wanted.get(folder):
            continue
        # With the date of the first time: a file changes only when its texts do.
        fresh = Catalog(locale="en", charset="utf-8", fuzzy=False, creation_date=known.creation_date if known else None)
        for found in wanted[folder].values():
            own = known.get(found.key, found.context) if known else None
            # The same words in another app mean the same: one translation serves both.
            old = own if own and _complete(own.string) else _anywhere(found, catalogues)
            new += old is None
            text = old.string if old else ""
            fresh.add(found.key, text, locations=[(str(found.file.relative_to(ROOT)), 0)], context=found.context)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, fresh, omit_header=False, include_lineno=False, sort_output=True, width=0)
    return new


def problems() -> list[str]:
    """What is wrong with the translations, one line each: file, line, and what to do."""
    catalogues = _catalogues()
    wrong = []
    for found in texts():
        place = f"{found.file.relative_to(ROOT)}:{found.line}"
        message = _anywhere(found, catalogues)
        if message is None or message.fuzzy:
            wrong.append(
                f"{place}: no English for {found.key!r} (add it to {catalogue(app_of(found.file)).relative_to(ROOT)})"
            )
        elif _placeholders(message.id) != _placeholders(message.string):
            wrong.append(f"{place}: the English of {found.key!r} has other placeholders")
    wrong.extend(_unmarked())
    return wrong


def _catalogues() -> list[Catalog]:
    return [read(path) for folder in apps() if (path := catalogue(folder)).exists()]


def _anywhere(found: Found, catalogues: list[Catalog]) -> Message | None:
    """The text's English, whichever catalogue has it."""
    for one in catalogues:
        message = one.get(found.key, found.context)
        if message is not None and _complete(message.string):
            return message
    return None


def _complete(string: object) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


def _placeholders(text: object) -> set[str]:
    parts = text if isinstance(text, list | tuple) else [text]
    return {match for part in parts for match in PLACEHOLDER.findall(str(part))}


def _unmarked() -> Iterator[str]:
    """Chinese in a template outside every translation tag: it would stay Chinese on the English page."""
    for source in SOURCES:
        for file in sorted((ROOT / source).rglob("templates/**/*.html")):
            raw = re.sub(
                r"\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}", _blank, file.read_text("utf-8"), flags=re.DOTALL
            )
            raw = re.sub(r"\{%\s*blocktrans.*?endblocktrans(?:late)?\s*%\}", _blank, raw, flags=re.DOTALL)
            raw = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", _blank, raw, flags=re.DOTALL)
            for number, line in enumerate(raw.splitlines(), 1):
                if HAN.search(line):
                    yield f"{file.relative_to(ROOT)}:{number}: not marked for translation: {line.strip()}"


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def main(argv: list[str]) -> int:
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    match argv:
        case ["compile"]:
            print(f"{compile_all()} catalogues compiled")
            return 0
        case ["extract"]:
            print(f"{extract_all()} new texts")
            return 0
        case ["check"]:
            found = problems()
            print("\n".join(found) or "every text has its English")
            return 1 if found else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
