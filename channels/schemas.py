"""The API's answers as documented models; the answers are written without them, for speed.

An assessment is documented by its own frozen dataclass: a second copy here would drift.
"""

from __future__ import annotations

from pydantic import BaseModel, Field


class ErrorDetail(BaseModel):
    """Why not: ``code`` for machines, ``message`` for people."""

    code: str = Field(description="fixed machine code, a key of channels/wording.yml")
    message: str = Field(description="a Chinese sentence to show")


class ErrorAnswer(BaseModel):
    """Every answer that is not a success."""

    error: ErrorDetail


class PartModel(BaseModel):
    """One part of the system."""

    up: bool
    cause: str = Field(default="", description="fixed word, empty when up")


class ReadyAnswer(BaseModel):
    """Whether each part answers."""

    ready: bool
    parts: dict[str, PartModel]
