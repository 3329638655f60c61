"""Step-by-step guides: the first thing to do, in order, with whom to call."""

from __future__ import annotations

from datetime import date
from functools import cache

from pydantic import Field, ValidationError

from knowledge_base import content
from knowledge_base.bulletin import Confidence, Strict, Text


class Guide(Strict):
    """One guide; ``contacts`` are ids of contacts.yml in the order of calling."""

    id: Text
    title: Text
    audience: list[str]
    first_line: Text
    steps: list[Text] = Field(min_length=1)
    contacts: list[str] = []
    dont: list[Text] = []
    next: list[Text] = []
    sources: list[str]
    confidence: Confidence
    review_by: date


@cache
def load() -> dict[str, Guide]:
    """Return all guides by id. Raises ``ContentError`` naming the file that breaks the schema."""
    guides = {}
    for path in sorted((content.ROOT / "guides").glob("*.yml")):
        try:
            guide = Guide.model_validate(content.read(path))
        except ValidationError as error:
            raise content.ContentError(f"{path}: {error}") from error
        guides[guide.id] = guide
    return guides
