from django import template

from sanfang.kernel.permissions import Actor

register = template.Library()


@register.filter
def may(actor: Actor | None, capability: str) -> bool:
    """Whether a link is worth showing; the page behind it asks for itself."""
    return actor is not None and actor.may(capability)
