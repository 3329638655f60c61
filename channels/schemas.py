"""The API's answers as documented models; the answers are written without them, for speed.

An assessment is documented by its own frozen dataclass: a second copy here would drift.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field

from bot.assessment.model import Assessment


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


@dataclass(frozen=True)
class QrCode:
    """A square code on a picture: its content, what kind it is, and a sentence about that for people."""

    text: str
    kind: str
    note: str


@dataclass(frozen=True)
class PictureAssessment(Assessment):
    """An assessment of what was read on a picture; its positions count in ``recognised_text``."""

    recognised_text: str = ""
    recognised_whole: bool = True
    qr_codes: tuple[QrCode, ...] = ()
