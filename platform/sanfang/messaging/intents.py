"""What we want to say, compiled for one provider: its template, its variables, what the customer reads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sanfang.messaging.providers import Provider

VARIABLE = re.compile(r"\{([a-z_]+)\}")
BRACKETS = str.maketrans("【】", "[]")


class Purpose(StrEnum):
    """``notice``: about something the customer has or did here. ``marketing``: anything that is to bring business; it
    needs consent, tells how to refuse and keeps the provider's hours."""

    NOTICE = "notice"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Intent:
    """``text`` with {variables}; ``fixed``: those that are the same for every customer of the store (its name, its
    telephone, the address before a link's code) and become part of the template, because providers review texts and
    allow no address in a variable. Each customer's own are the template's variables."""

    name: str
    purpose: Purpose
    text: str
    fixed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Compiled:
    """``template``: what is filed with the provider, without signature. ``variables``: in the template's order.
    ``body``: the text with our own variables, before the refusal. ``whole``: nothing was left out of what is filed."""

    template: str
    variables: tuple[str, ...]
    signature: str
    opt_out: str
    body: str
    whole: bool = True

    def text(self, values: Mapping[str, str]) -> str:
        """What the customer reads. Raises :class:`KeyError` for a variable without a value."""
        filled = VARIABLE.sub(lambda found: values[found[1]].translate(BRACKETS), self.body)
        return self.signature + filled + self.opt_out

    def parameters(self, values: Mapping[str, str]) -> list[tuple[str, str]]:
        """Names and values as the provider is given them, in order; brackets belong to the signature alone."""
        return [(name, values[name].translate(BRACKETS)) for name in self.variables]


def compiled(intent: Intent, provider: Provider, *, store: str) -> Compiled:
    """``store``: the name in the signature."""
    body = VARIABLE.sub(lambda found: intent.fixed.get(found[1], found[0]), intent.text)
    names = tuple(dict.fromkeys(VARIABLE.findall(body)))
    numbers = {name: number for number, name in enumerate(names, 1)}
    opt_out = ""
    if provider.opt_out_always or intent.purpose is Purpose.MARKETING:
        # A code or an address must not run into the words behind it.
        opt_out = ("，" if re.search(r"[\w}/]$", body, re.ASCII) else "") + provider.opt_out
    return Compiled(
        template=VARIABLE.sub(lambda found: provider.variable.format(name=found[1], number=numbers[found[1]]), body)
        + opt_out,
        variables=names,
        signature=provider.signature.format(name=store.translate(BRACKETS)),
        opt_out=opt_out,
        body=body,
    )
