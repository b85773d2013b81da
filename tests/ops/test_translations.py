"""The linter of translations finds what would stay Chinese on an English page."""

from pathlib import Path

import pytest

from sanfang.ops import translations


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    app = tmp_path / "crm" / "shop"
    (app / "templates").mkdir(parents=True)
    (app / "apps.py").touch()
    (app / "views.py").write_text('from x import gettext as _\n_("开单 %(n)d 张")\n', encoding="utf-8")
    (app / "templates" / "page.html").write_text(
        '{% translate "保存" %}\n<p>\n  {% blocktranslate %}共 {{ n }} 条{% endblocktranslate %}</p>\n',
        encoding="utf-8",
    )
    return app


def _translate(app: Path, **english: str) -> None:
    lines = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n']
    lines += [f'msgid "{key}"\nmsgstr "{text}"\n' for key, text in english.items()]
    path = translations.catalogue(app)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


WHOLE = {"开单 %(n)d 张": "%(n)d orders", "保存": "Save", "共 %(n)s 条": "%(n)s in all"}


def test_whole_translations_pass(tree: Path) -> None:
    _translate(tree, **WHOLE)
    assert translations.problems() == []


@pytest.mark.parametrize("missing", WHOLE)
def test_a_missing_or_empty_translation_is_named_with_its_place(tree: Path, missing: str) -> None:
    _translate(tree, **{key: text for key, text in WHOLE.items() if key != missing})
    assert len(translations.problems()) == 1
    _translate(tree, **{**WHOLE, missing: ""})
    [problem] = translations.problems()
    assert problem.startswith("crm/shop/")
    assert missing in problem


def test_another_placeholder_is_named(tree: Path) -> None:
    _translate(tree, **{**WHOLE, "开单 %(n)d 张": "%(count)d orders"})
    assert "placeholders" in translations.problems()[0]


def test_chinese_outside_a_translation_tag_is_named(tree: Path) -> None:
    _translate(tree, **WHOLE)
    page = tree / "templates" / "page.html"
    page.write_text(page.read_text("utf-8") + "{# 注释 #}<b>取消</b>\n", encoding="utf-8")
    assert translations.problems() == ["crm/shop/templates/page.html:4: not marked for translation: <b>取消</b>"]


def test_extract_adds_what_is_new_and_drops_what_is_gone(tree: Path) -> None:
    _translate(tree, 保存="Save", 旧的="Old")
    assert translations.extract_all() == 2
    kept = translations.read(translations.catalogue(tree))
    assert kept.get("保存").string == "Save"  # type: ignore[union-attr]
    assert kept.get("旧的") is None
    assert len(translations.problems()) == 2


def test_compiled_catalogues_are_what_django_reads(tree: Path) -> None:
    _translate(tree, **WHOLE)
    assert translations.compile_all() == 1
    assert translations.catalogue(tree).with_suffix(".mo").read_bytes()[:4] == b"\xde\x12\x04\x95"
