"""What tenants should contain, kept beside them while a machine does what it likes (isolation/test_machine.py)."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

DOOR = "door"


@dataclass
class Frame:
    """A block that was entered and not left: ``inside`` a store, at the ``door``, or ``atomic``.

    ``before``: for an atomic block the rows as they were, and how many callbacks waited.
    """

    kind: str
    block: Any
    place: str
    before: dict[str, dict[str, str]] = field(default_factory=dict)
    waiting: int = 0


@dataclass
class Model:
    """Rows (name → address) come back when a transaction is undone; what is cached and filed stays."""

    rows: dict[str, dict[str, str]]
    cached: dict[str, dict[str, str]]
    filed: dict[str, dict[str, bytes]]
    frames: list[Frame] = field(default_factory=list)
    callbacks: list[tuple[str, str, str]] = field(default_factory=list)
    """Waiting for the commit: kind, name, and the place where it was registered."""
    noted: list[tuple[str, str]] = field(default_factory=list)
    """What callbacks should have seen: name, and the place of the commit."""

    @property
    def here(self) -> str:
        places = [frame.place for frame in self.frames if frame.kind != "atomic"]
        return places[-1] if places else DOOR

    @property
    def in_transaction(self) -> bool:
        return any(frame.kind == "atomic" for frame in self.frames)

    def enter(self, kind: str, block: Any, place: str = "") -> None:
        before = deepcopy(self.rows) if kind == "atomic" else {}
        self.frames.append(Frame(kind, block, place, before, len(self.callbacks)))

    def leave(self, undone: bool) -> Frame:
        frame = self.frames.pop()
        if frame.kind == "atomic" and undone:
            self.rows = frame.before
            del self.callbacks[frame.waiting :]
        self.commit()
        return frame

    def after_commit(self, kind: str, name: str) -> None:
        self.callbacks.append((kind, name, self.here))
        self.commit()

    def commit(self) -> None:
        if self.in_transaction:
            return
        for kind, name, place in self.callbacks:
            if kind == "task":
                self.rows[place][name] = "by task"
            else:
                self.noted.append((name, self.here))
        self.callbacks.clear()
