"""What holds for every template, stylesheet and module, whoever wrote it."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

import frontend
from frontend import shortcuts
from frontend.icons import icon

ROOT = Path(frontend.__file__).parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "static" / "frontend"
STYLES = sorted((STATIC / "css").glob("*.css"))
MODULES = sorted((STATIC / "js").glob("*.js"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def markup(path: Path) -> str:
    """The template without its comments, which may speak of anything."""
    return re.sub(r"\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


everywhere = pytest.mark.parametrize("path", TEMPLATES, ids=name_of)


@everywhere
def test_nothing_runs_or_is_styled_inline(path: Path) -> None:
    """The content security policy would stop it, silently for the reader."""
    text = markup(path)
    assert not re.search(r"\sstyle\s*=|<style\b", text)
    assert not re.search(r"<script\b", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']|\bhx-on\b|javascript:", text)


@everywhere
def test_it_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT / "templates")))


@everywhere
def test_the_files_it_names_exist(path: Path) -> None:
    for static in re.findall(r'\{% static "([^"]+)" %\}', markup(path)):
        assert finders.find(static), static
    for name, _size in re.findall(r'\{% icon "([^"]+)" (\d+) %\}', markup(path)):
        assert icon(name)


@everywhere
def test_what_htmx_fetches_is_a_link_without_it(path: Path) -> None:
    """A middle click and a page without scripts need the address, too. The polling of progress is no link."""
    for tag in re.findall(r"<a\b[^>]*hx-get=[^>]*>", markup(path)):
        assert "href=" in tag


@everywhere
def test_every_post_carries_its_token(path: Path) -> None:
    for form in re.findall(r"<form\b.*?</form>", markup(path), flags=re.DOTALL):
        if 'method="post"' in form:
            assert "{% csrf_token %}" in form


@everywhere
def test_keys_come_from_the_one_registry(path: Path) -> None:
    """So that the help sheet lists every key there is. Outcomes carry theirs from the same registry; what stands side
    by side is chosen by its number."""
    for key in re.findall(r'data-key="([^"]*)"', markup(path)):
        assert key in ("{{ outcome.hotkey|lower }}", "{{ forloop.counter }}")
    for name in re.findall(r'\{% (?:hotkey|caps) "([^"]+)" %\}', markup(path)):
        assert name in shortcuts.BY_NAME


@pytest.mark.parametrize("path", STYLES, ids=name_of)
def test_every_stylesheet_is_linked_somewhere_and_keeps_to_its_layer(path: Path) -> None:
    linked = any(f'"frontend/css/{path.name}"' in template.read_text(encoding="utf-8") for template in TEMPLATES)
    assert linked, "no template links it"
    if path.name != "print.css":
        assert "@layer" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [one for one in STYLES if not one.name.startswith("tokens")], ids=name_of)
def test_colours_are_named_only_in_the_tokens(path: Path) -> None:
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(", path.read_text(encoding="utf-8")) == []


def test_every_token_that_is_used_is_defined() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in STYLES)
    defined = set(re.findall(r"(--[a-z0-9-]+)\s*:", text))
    assert set(re.findall(r"var\((--[a-z0-9-]+)", text)) - defined == set()


def test_every_module_is_reached_from_the_entry() -> None:
    reached: set[str] = set()
    waiting = ["app.js"]
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        reached.add(module)
        waiting += re.findall(r'from "\./([a-z-]+\.js)"', (STATIC / "js" / module).read_text(encoding="utf-8"))
    assert {path.name for path in MODULES} == reached


def test_the_words_scripts_ask_for_are_on_the_page() -> None:
    asked = {word for path in MODULES for word in re.findall(r'\btext\("([a-z]+)"\)', path.read_text(encoding="utf-8"))}
    asked |= {"over", "left"}  # chosen by an expression in timers.js
    page = (ROOT / "templates/frontend/components/texts.html").read_text(encoding="utf-8")
    given = set(re.findall(r"data-([a-z]+)=", page))
    said = {word for path in MODULES for word in re.findall(r'say\(form, "([a-z]+)"', path.read_text(encoding="utf-8"))}
    assert asked | said == given


def test_a_key_means_one_thing_on_a_screen() -> None:
    for groups in shortcuts.SHEETS.values():
        combos = [shortcut.combo for group in groups for shortcut in group.shortcuts]
        assert len(combos) == len(set(combos))
    assert len(set(shortcuts.OUTCOME_KEYS.values())) == len(shortcuts.OUTCOME_KEYS)
    # Alt belongs to Windows menus, and these function keys to the browser.
    assert not {"F5", "F10", "F11", "F12"} & set(shortcuts.OUTCOME_KEYS.values())
