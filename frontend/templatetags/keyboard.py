"""`{% hotkey "next" %}` puts a shortcut on an element, `{% caps "next" %}` prints its keys."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from frontend import shortcuts
from frontend.shortcuts import Group

register = template.Library()


@register.simple_tag
def hotkey(name: str) -> SafeString:
    return format_html('data-key="{}"', shortcuts.BY_NAME[name].combo)


@register.simple_tag
def caps(name: str) -> SafeString:
    return format_html_join("", "<kbd>{}</kbd>", ((cap,) for cap in shortcuts.BY_NAME[name].caps))


@register.simple_tag
def shortcut_sheet(screen: str) -> tuple[Group, ...]:
    """The groups of the help sheet for a screen; a screen without its own has the general ones."""
    return shortcuts.SHEETS.get(screen, (shortcuts.EVERYWHERE,))
