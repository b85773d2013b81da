"""What is wrong with a pack, and where."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Fault:
    """``rule``: the follow-up rule in which it stands, None outside the rules."""

    line: int
    rule: str | None
    message: str


class PackError(Exception):
    """A pack that can't be used. Its text has a line for every fault: file, line, rule, what to do."""

    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults
        super().__init__(file, faults)

    def __str__(self) -> str:
        return "\n".join(self._told(fault) for fault in self.faults)

    def _told(self, fault: Fault) -> str:
        place = f"{self.file}:{fault.line}: "
        if fault.rule is not None:
            place += _("规则 %(rule)s：") % {"rule": fault.rule}
        return place + fault.message


class UnknownPack(PackError):
    """There is no pack of that name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name, [])
        self.known = known

    def __str__(self) -> str:
        return _("没有名为“%(name)s”的标准包。可用的有：%(known)s；也可以给出 YAML 文件路径。") % {
            "name": self.file,
            "known": ", ".join(self.known),
        }
