"""YAML with line numbers: what a pack says, and on which line it says it."""

from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from sanfang.standards.packs.errors import Fault, PackError

TEXT_TAG = "tag:yaml.org,2002:str"
Place = tuple[str | int, ...]
"""Where something stands: the keys and positions that lead to it."""


class _NoAliases(yaml.SafeLoader):
    """With aliases a small file can unfold into a huge one, so a pack has none."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem=_("不能使用别名（*），请写出完整内容。"), problem_mark=mark)
        return super().compose_node(parent, index)


def read(path: Path) -> tuple[Any, dict[Place, int]]:
    """A YAML file's content and the line (from 1) of every entry in it.

    Raises PackError for unreadable files, broken YAML, keys that stand twice or aren't text, aliases.
    """
    try:
        loader = _NoAliases(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        lines: dict[Place, int] = {(): 1}
        if node is not None:
            _note_lines(node, (), lines, path.name)
        return (None if node is None else loader.construct_document(node)), lines
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(path.name, [Fault(1, None, _("文件无法读取：%(why)s") % {"why": error})]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        why = _("不是正确的 YAML：%(why)s") % {"why": error.problem}
        raise PackError(path.name, [Fault(line, None, why)]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PackError(path.name, [Fault(1, None, _("不是正确的 YAML：%(why)s") % {"why": error})]) from error


def _note_lines(node: yaml.Node, place: Place, lines: dict[Place, int], file: str) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            line = key.start_mark.line + 1
            if key.tag != TEXT_TAG:
                wrong = _("“%(key)s”要加引号：这里只能是文字。") % {"key": key.value}
                raise PackError(file, [Fault(line, None, wrong)])
            if inner in lines:
                raise PackError(file, [Fault(line, None, _("“%(key)s”写了两次。") % {"key": key.value})])
            lines[inner] = line
            _note_lines(value, inner, lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*place, index)] = value.start_mark.line + 1
            _note_lines(value, (*place, index), lines, file)
