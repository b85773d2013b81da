"""Whatever a client claims, what it sends is read as UTF-8 or not at all."""

import pytest

from sanfang.ops.encoding import utf_8_only
from sanfang.wsgi import application

MULTIPART = "multipart/form-data; boundary=b"
FORM = "application/x-www-form-urlencoded"
OTHER_ENCODINGS = [
    *(f"{MULTIPART}; charset={codec}" for codec in ("utf-7", "base64", "unicode_escape", "idna", "gbk", "utf-8-sig")),
    *(f"{FORM}; charset={codec}" for codec in ("utf-7", "utf-16", "hex", "utf-8 x")),
    "text/plain; charset*=bogus''x",
    "text/plain; charset*0=utf; charset*1=-7",
]
"""Some make lone surrogates and NUL, some aren't for text, some break Django before its first middleware."""


@pytest.mark.parametrize("content_type", OTHER_ENCODINGS)
def test_another_encoding_is_refused_before_django_reads_it(content_type: str) -> None:
    said: list[str] = []
    answer = application({"CONTENT_TYPE": content_type}, lambda status, _headers: said.append(status))
    assert said == ["415 Unsupported Media Type"]
    assert b"".join(answer) == b"UTF-8 only\n"


@pytest.mark.parametrize("content_type", ["", FORM, f"{FORM}; charset=UTF-8", f'{MULTIPART}; charset="utf-8"'])
def test_utf_8_is_let_in(content_type: str) -> None:
    let_in = utf_8_only(lambda _environ, _start: [b"let in"])
    assert list(let_in({"CONTENT_TYPE": content_type}, print)) == [b"let in"]
