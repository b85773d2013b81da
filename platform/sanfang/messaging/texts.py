"""The store's wording of a kind of message: its own where it has one, else its standard's."""

from collections.abc import Mapping
from dataclasses import replace

from sanfang.messaging.gateways import gateway
from sanfang.messaging.intents import VARIABLE, Compiled, Intent, Purpose, compiled
from sanfang.messaging.models import Template
from sanfang.messaging.providers import providers
from sanfang.messaging.wording import kept
from sanfang.tenancy.context import current_tenant


def worded(
    name: str, standard: str, *, fixed: Mapping[str, str], values: Mapping[str, str], purpose: Purpose = Purpose.NOTICE
) -> Compiled:
    """The message ``name`` for the provider in use, without the clauses for which a value is missing."""
    own = Template.objects.filter(name=name, provider=gateway().provider).first()
    body, purpose = (own.body, Purpose(own.purpose)) if own else (standard, purpose)
    said = kept(body, {**values, **fixed})
    made = compiled(
        Intent(name, purpose, said, fixed), providers()[gateway().provider], store=current_tenant().short_name
    )
    return replace(made, whole=set(VARIABLE.findall(said)) == set(VARIABLE.findall(body)))
