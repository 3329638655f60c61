"""The one assessor of this process: loaded on first use, warmed before the server says it is healthy."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Protocol

from bot.assessment.model import Assessment


class Judge(Protocol):
    """Whatever turns a text into an assessment."""

    def assess(self, text: str) -> Assessment:
        """Return the assessment of a masked text."""


JudgeSource = Callable[[], Judge]


@cache
def shared_judge() -> Judge:
    """Return this process's assessor; the first call loads models and index (seconds)."""
    from bot.assessment.assessor import Assessor

    judge: Judge = Assessor.load()
    return judge


def warm_up() -> None:
    """Load the assessor (it runs once as it loads), so that no citizen waits for it."""
    shared_judge()
