"""The parts that screens are made of."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from frontend.context import appearance
from frontend.icons import UnknownIcon, icon
from frontend.templatetags.assets import module_scripts
from frontend.templatetags.names import beside
from frontend.templatetags.timeline import timeline_filters


def test_icons_take_their_colour_from_the_text_and_say_nothing() -> None:
    drawing = icon("phone", 20)
    assert drawing.startswith('<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">')
    assert "stroke=" not in drawing
    assert "xmlns" not in drawing


def test_a_misspelt_icon_fails_loudly() -> None:
    with pytest.raises(UnknownIcon):
        icon("fone")


def test_the_import_map_carries_the_nonce_of_the_request() -> None:
    request = RequestFactory().get("/")
    request.csp_nonce = "r4nd0m"  # type: ignore[attr-defined]
    html = module_scripts(Context({"request": request}))
    nonce, mapping = re.findall(r'<script type="importmap" nonce="([^"]+)">(.*?)</script>', html)[0]
    assert nonce == "r4nd0m"
    assert json.loads(mapping)["imports"]["/static/frontend/js/keys.js"].startswith("/static/frontend/js/keys")
    assert html.index("importmap") < html.index('type="module"')


@pytest.mark.parametrize(
    ("cookie", "theme", "media"),
    [
        (None, "auto", "screen and (prefers-color-scheme: dark)"),
        ("dark", "dark", "screen"),
        ("light", "light", "not all"),
        ('"><script>', "auto", "screen and (prefers-color-scheme: dark)"),
    ],
)
def test_the_theme_comes_from_a_cookie_that_may_say_anything(cookie: str | None, theme: str, media: str) -> None:
    request = RequestFactory().get("/")
    if cookie is not None:
        request.COOKIES["theme"] = cookie
    context = appearance(request)
    assert (context["theme"], context["dark_media"]) == (theme, media)


class Named(forms.Form):
    name = forms.CharField(help_text="Surname first.")


def field_html(form: forms.Form, **extra: Any) -> str:
    return render_to_string("frontend/components/field.html", {"field": form["name"], **extra})


def test_help_and_errors_are_tied_to_the_field() -> None:
    html = field_html(Named({"name": ""}))
    described = re.findall(r'aria-describedby="([^"]+)"', html)[0].split()
    assert described == ["id_name_helptext", "id_name_error"]
    for part in described:
        assert f'id="{part}"' in html
    assert 'aria-invalid="true"' in html


def test_a_field_promises_no_help_that_is_not_there() -> None:
    html = field_html(Named(), no_help=True)
    assert "aria-describedby" not in html
    assert "Surname first." not in html


def test_a_placeholder_does_not_repeat_the_label() -> None:
    class Noisy(forms.Form):
        name = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "Name"}))

    assert "placeholder" not in field_html(Noisy())


def question(**facts: Any) -> SimpleNamespace:
    likert = [SimpleNamespace(value=str(n), label=f"w{n}", low=n <= 2) for n in range(1, 6)]
    base: dict[str, Any] = {
        "key": "quality",
        "kind": "likert",
        "text": "Repaired properly?",
        "required": True,
        "options": likert,
        "low_label": "",
        "high_label": "",
        "reasons": [SimpleNamespace(value="late", label="Too long")],
        "answer": None,
        "chosen_reasons": [],
        "error": "",
    }
    return SimpleNamespace(**{**base, **facts})


def question_html(**facts: Any) -> str:
    return render_to_string("frontend/components/question.html", {"question": question(**facts), "number": 1})


def inputs(html: str) -> dict[str, str]:
    return {re.findall(r'value="([^"]*)"', tag)[0]: tag for tag in re.findall(r"<input[^>]*>", html)}


def test_low_answers_are_marked_and_digits_follow_the_number_shown() -> None:
    found = inputs(question_html(answer="2"))
    assert "data-low" in found["2"]
    assert "data-low" not in found["3"]
    assert 'data-digit="2"' in found["2"]
    assert "checked" in found["2"]
    assert "checked" not in found["1"]


def test_ten_points_are_the_key_zero_and_zero_points_the_minus() -> None:
    scale = [SimpleNamespace(value=str(n), label=str(n), low=False) for n in range(11)]
    found = inputs(question_html(kind="scale", options=scale, reasons=[], answer="1"))
    assert 'data-digit="0"' in found["10"]
    assert 'data-digit="-"' in found["0"]
    assert 'data-digit="7"' in found["7"]
    # "1" is not "10"
    assert "checked" not in found["10"]
    assert "checked" in found["1"]


def test_an_error_is_announced_with_its_question() -> None:
    html = question_html(error="Choose one.")
    assert 'aria-describedby="q-quality-error"' in html
    assert 'id="q-quality-error"' in html


def test_what_customers_write_stays_text() -> None:
    html = question_html(kind="text", answer="</textarea><script>alert(1)</script>")
    assert "<script>" not in html


def test_one_kind_of_events_needs_no_filter() -> None:
    calls = [SimpleNamespace(kind="call"), SimpleNamespace(kind="survey")]
    assert timeline_filters(calls) == []
    mixed = [*calls, SimpleNamespace(kind="repair"), SimpleNamespace(kind="note")]
    assert [(one.key, one.count) for one in timeline_filters(mixed)] == [("contact", 2), ("visit", 1)]


def test_hot_keys_are_printed_from_the_registry() -> None:
    html = Template('{% load keyboard %}{% hotkey "submit" %}|{% caps "submit" %}').render(Context())
    assert html == 'data-key="mod+enter"|<kbd>Ctrl</kbd><kbd>↵</kbd>'


@pytest.mark.parametrize(
    ("salutation", "name", "shown"),
    [
        ("陈女士", "陈雅琴", "女士"),
        ("欧阳先生", "欧阳震华", "先生"),
        ("杭州恒通公司", "杭州恒通公司", ""),
        ("", "陈雅琴", ""),
    ],
)
def test_a_form_of_address_does_not_repeat_the_surname(salutation: str, name: str, shown: str) -> None:
    assert beside(salutation, name) == shown
