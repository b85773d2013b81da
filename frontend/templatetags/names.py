from itertools import takewhile

from django import template

register = template.Library()


@register.filter
def beside(salutation: str, name: str) -> str:
    """What a form of address adds to a full name: 陈女士 beside 陈雅琴 is 女士."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(salutation, name, strict=False))
    return salutation[len(list(same)) :]
