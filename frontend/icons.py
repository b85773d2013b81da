"""Lucide icons as inline SVG, read once each from the wheel's archive.

Inline SVG takes the colour of the text around it and costs no request. The wheel's own template tag
parses XML on every call; here a drawing is parsed once per process and size.
"""

from functools import cache
from importlib.resources import files
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_SVG = "{http://www.w3.org/2000/svg}"


class UnknownIcon(LookupError):
    """No drawing of that name in the icon set."""


@cache
def _archive() -> ZipFile:
    return ZipFile(BytesIO(files("lucide").joinpath("lucide.zip").read_bytes()))


@cache
def _drawing(name: str) -> SafeString:
    """The shapes inside the <svg> element, without the attributes that the stylesheet sets."""
    try:
        source = _archive().read(f"{name}.svg")
    except KeyError:
        raise UnknownIcon(name) from None
    root = ElementTree.fromstring(source)  # noqa: S314 - from the installed wheel, not from a user
    for shape in root.iter():
        shape.tag = shape.tag.removeprefix(_SVG)
    shapes = "".join(ElementTree.tostring(shape, encoding="unicode").strip() for shape in root)
    return mark_safe(shapes)  # noqa: S308 - the text comes from the installed wheel


@cache
def icon(name: str, size: int = 16) -> SafeString:
    """An icon beside words that already say the same: hidden from screen readers."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="{0}" height="{0}" aria-hidden="true">{1}</svg>',
        size,
        _drawing(name),
    )
