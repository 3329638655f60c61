"""The groups of scam types that people can subscribe to (``topics.yml``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from knowledge_base import content


@dataclass(frozen=True, slots=True)
class Topic:
    """A group: its title in everyday words, in Chinese and English, and ids of ``taxonomy.yml``."""

    title: str
    english: str
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Topics:
    """All groups by id; ``all`` and ``english`` are what having no choice is called."""

    all: str
    english: str
    groups: dict[str, Topic]

    def types(self, groups: Iterable[str]) -> tuple[str, ...]:
        """Return the types that groups stand for, in order. Raises ``KeyError`` for a group that is not there."""
        return tuple(sorted({one for name in groups for one in self.groups[name].types}))

    def titles(self, types: Collection[str], in_english: bool = False) -> tuple[str, ...]:
        """Return the titles of the groups that ``types`` hold whole; the one of everything for none."""
        if not types:
            return (self.english if in_english else self.all,)
        whole = [group for group in self.groups.values() if group.types <= set(types)]
        return tuple(group.english if in_english else group.title for group in whole)


@cache
def load() -> Topics:
    """Return the groups. Raises ``ContentError`` when the file is broken."""
    data = content.read(content.ROOT / "topics.yml")
    groups = {
        name: Topic(entry["title"], entry["english"], frozenset(entry["types"]))
        for name, entry in data["groups"].items()
    }
    return Topics(data["all"], data["english"], groups)
