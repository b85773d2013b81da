from django import template

register = template.Library()


@register.filter
def thousands(number: int) -> str:
    """8,421 in both languages: Django's own grouping for Chinese is by four digits, which no spreadsheet shows."""
    return f"{number:,}"
