"""The ids of scam types and tags, as taxonomy.yml lists them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from knowledge_base import content


@dataclass(frozen=True)
class Taxonomy:
    """``types`` and ``tags`` map id → Chinese name; ``ccl23`` maps type → official class where there is one."""

    types: dict[str, str]
    tags: dict[str, str]
    ccl23: dict[str, str]


@cache
def load() -> Taxonomy:
    """Return the taxonomy."""
    data = content.read(content.ROOT / "taxonomy.yml")
    return Taxonomy(
        {entry["id"]: entry["zh"] for entry in data["types"]},
        {entry["id"]: entry["zh"] for entry in data["tags"]},
        {entry["id"]: entry["ccl23"] for entry in data["types"] if entry["ccl23"]},
    )
