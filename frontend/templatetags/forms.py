"""Form controls in the product's look, with their errors tied to them for screen readers."""

from django import template
from django.forms import BoundField, CheckboxInput
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def control(field: BoundField, extra_class: str = "", autofocus: bool = False, no_help: bool = False) -> SafeString:
    """The field's widget. Django points it at the ids under which components/field.html prints help and errors."""
    # A placeholder that repeats the label above it is noise.
    attrs: dict[str, str | bool] = {"placeholder": False}
    if not isinstance(field.field.widget, CheckboxInput):
        attrs["class"] = f"input {extra_class}".strip()
    if no_help:
        field.help_text = ""
    if autofocus:
        attrs["autofocus"] = True
    return field.as_widget(attrs=attrs)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)
