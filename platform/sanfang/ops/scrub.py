"""Takes personal data out of what leaves for logs and error reports.

By key where the key tells what it is, by shape everywhere else: mobile numbers, VINs, identity numbers, plates
and e-mail addresses are recognised in any text. What PostgreSQL quotes of a row in its messages is left out whole.
"""

import re
from collections.abc import Mapping
from typing import Any

PERSONAL_KEYS = frozenset(
    [
        *("name", "mobile", "phone", "landline", "email", "address", "birthday", "vin", "plate"),
        *("sender_name", "sender_mobile", "note", "remark", "body", "text", "data", "login", "password"),
        *("cookie", "cookies", "authorization", "token", "code", "secret", "otp"),
    ]
)
GONE = "[removed]"

SHAPES = [
    re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),  # e-mail
    re.compile(r"(?<![\d.])\d{17}[\dXx](?!\d)"),  # identity number
    re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"),  # mobile
    re.compile(r"\b(?=[A-HJ-NPR-Z0-9]*\d)(?=[A-HJ-NPR-Z0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}\b", re.IGNORECASE),  # VIN
    re.compile(r"[\u4e00-\u9fff][A-Z][·• -]?[A-Z0-9]{5,6}(?![A-Za-z0-9])"),  # plate
    re.compile(r"(?<=/s/)[A-Za-z0-9]{8,}"),  # the code of a customer's own link
]

# A quoted value may have many lines: it ends only where the next part of the message or of the traceback begins.
NEXT = r"(?=\n(?:HINT:|CONTEXT:|LINE \d+:|The above exception|During handling of|Traceback \(most)|\Z)"
QUOTES = [
    re.compile(r"(DETAIL:|CONTEXT:|Failing row contains|Key \([^\n]*?\)=\().*?" + NEXT, re.DOTALL),
    re.compile(r"(invalid input (?:syntax|value) for [^\n:]*:|out of range:).*?" + NEXT, re.DOTALL),
    re.compile(r'(value )".*?"(?= is out of range)', re.DOTALL),
]


def scrub_text(text: str) -> str:
    for quote in QUOTES:
        text = quote.sub(rf"\1 {GONE}", text)
    for shape in SHAPES:
        text = shape.sub(GONE, text)
    return text


def scrub(value: Any, key: str = "") -> Any:
    """A copy of ``value`` without personal data, whatever it is nested in."""
    if key.lower().lstrip("_") in PERSONAL_KEYS and value not in (None, "", [], {}):
        return GONE
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, Mapping):
        return {name: scrub(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [scrub(inner) for inner in value]
    return value
