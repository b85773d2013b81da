from django import template

register = template.Library()

_MOBILE_DIGITS = 11


@register.filter
def grouped(number: str) -> str:
    """138****5207 → 138 **** 5207: a mobile number in the groups in which people read it aloud."""
    if len(number) != _MOBILE_DIGITS:
        return number
    return f"{number[:3]} {number[3:7]} {number[7:]}"
