"""YAML that strangers may have written, as plain data: small, shallow, without tricks.

PyYAML's composer is recursive in C, so a few thousand brackets end the process; aliases of aliases, above all merged
ones (``<<``), grow without end; and its constructors raise whatever their conversions raise. So the events are looked at
first, which needs no stack, and everything is refused in one way.
"""

from __future__ import annotations

from typing import Any

import yaml

MOST_DEPTH = 20  # a campaign's document needs eight
MOST_NODES = 20_000  # with every alias written out


class BadYaml(Exception):
    """The text is no YAML that is read here. ``line``: where, from 1; 0 when it is nowhere in particular."""

    def __init__(self, line: int = 0) -> None:
        super().__init__(f"line {line}" if line else "")
        self.line = line


def load(text: str) -> Any:
    """Return the data. Raises ``BadYaml``: no YAML, several documents, a tag, a cycle, too deep or too much of it."""
    try:
        _measure(text)
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BadYaml(mark.line + 1 if mark else 0) from None
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
        raise BadYaml from None  # a date that is none, a character that is none, a tag with the wrong content


def _measure(text: str) -> None:
    """Raise ``BadYaml`` for what is too deep, refers to itself, or is too much when its aliases are written out."""
    sizes: dict[str, int] = {}  # of what an anchor names, once it is closed
    open_: list[list[Any]] = [["", 0]]
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:  # unknown, or it is still open: a cycle
                raise BadYaml(line)
            open_[-1][1] += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            open_.append([event.anchor, 1])
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
            open_[-1][1] += size
            if anchor:
                sizes[anchor] = size
        elif isinstance(event, yaml.ScalarEvent):
            open_[-1][1] += 1
            if event.anchor:
                sizes[event.anchor] = 1
        if len(open_) > MOST_DEPTH + 1 or sum(size for _, size in open_) > MOST_NODES:
            raise BadYaml(line)
