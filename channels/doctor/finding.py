"""What the doctor finds: one line each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Only errors make the command fail."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """``name`` of what was looked at, what was ``said`` of it, and the ``cure`` where it is not well.

    Never holds a secret's value.
    """

    name: str
    level: Level
    said: str
    cure: str = ""

    def line(self) -> str:
        """Return the finding for a terminal."""
        return f"{self.level.upper():8} {self.name}: {self.said}" + (f"  → {self.cure}" if self.cure else "")


def ok(name: str, said: str) -> Finding:
    """Return that all is well."""
    return Finding(name, Level.OK, said)


def warning(name: str, said: str, cure: str) -> Finding:
    """Return what works, but not as it should for the public."""
    return Finding(name, Level.WARNING, said, cure)


def error(name: str, said: str, cure: str) -> Finding:
    """Return what does not work."""
    return Finding(name, Level.ERROR, said, cure)
