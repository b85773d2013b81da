"""State machines as tables that the UI, the API, the docs and the tests all read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transition:
    """``verb`` takes a thing from any of ``sources`` to ``target``; needs ``capability``."""

    verb: str
    sources: frozenset[str]
    target: str
    capability: str


class Transitions:
    """The transitions of one kind of thing; each verb stands once."""

    def __init__(self, rows: Iterable[tuple[str, Iterable[str], str, str]]) -> None:
        self.by_verb: Mapping[str, Transition] = {
            verb: Transition(verb, frozenset(sources), target, capability) for verb, sources, target, capability in rows
        }

    def __getitem__(self, verb: str) -> Transition:
        return self.by_verb[verb]

    def open_to(self, state: str, capabilities: frozenset[str]) -> list[Transition]:
        """What someone with ``capabilities`` can do to a thing in ``state``."""
        return [
            transition
            for transition in self.by_verb.values()
            if state in transition.sources and transition.capability in capabilities
        ]
