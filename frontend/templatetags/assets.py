"""How the browser finds the ES modules under their hashed names."""

import json
from functools import cache
from pathlib import Path

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_MODULES = Path(__file__).parents[1] / "static" / "frontend" / "js"


@cache
def _hashed_names() -> dict[str, str]:
    """`/static/frontend/js/keys.js` → the name that collectstatic gave the file.

    Modules import each other by their plain names; the map points those at the hashed files, so
    nothing rewrites JavaScript when static files are collected.
    """
    plain = static("frontend/js/").rstrip("/")
    return {f"{plain}/{module.name}": static(f"frontend/js/{module.name}") for module in sorted(_MODULES.glob("*.js"))}


@register.simple_tag(takes_context=True)
def module_scripts(context: Context) -> SafeString:
    """Import map, preloads and the entry module. Must come before any other module script."""
    request = context.get("request")
    nonce = getattr(request, "csp_nonce", "")
    names = _hashed_names()
    # JSON inside a script element: only "<" could end the element early.
    mapping = mark_safe(json.dumps({"imports": names}).replace("<", "\\u003c"))  # noqa: S308
    return format_html(
        '<script type="importmap" nonce="{}">{}</script>{}<script type="module" src="{}"></script>',
        nonce,
        mapping,
        format_html_join("", '<link rel="modulepreload" href="{}">', ((name,) for name in names.values())),
        static("frontend/js/app.js"),
    )
