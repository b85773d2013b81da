"""How a text becomes a message: its variables filled in, signed, with the way to refuse."""

import re
from collections.abc import Mapping

from sanfang.messaging.intents import BRACKETS, VARIABLE
from sanfang.messaging.providers import providers

CLAUSE = re.compile(r"[^，。！；]*[，。！；]?")


def kept(text: str, values: Mapping[str, str]) -> str:
    """``text`` without the clauses that need a variable we don't have."""
    whole = [clause for clause in CLAUSE.findall(text) if all(values.get(name) for name in VARIABLE.findall(clause))]
    return re.sub(r"[，；]$", "。", "".join(whole).strip())


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its variables; a clause that needs one we don't have is left out."""
    return VARIABLE.sub(lambda found: values[found[1]].translate(BRACKETS), kept(text, values))


def signed(body: str, *, provider: str, name: str) -> str:
    """The whole message: signature, text, and how to refuse, as ``provider`` wants them."""
    rules = providers()[provider]
    return rules.signature.format(name=name.translate(BRACKETS)) + body + rules.opt_out
