"""How far a conversation has come: small, JSON-able, never holding more than masked words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

Status = Literal["open", "done", "left"]
# Waiting conversations beyond this are dropped, the oldest first: nobody comes back to a third one.
MOST_WAITING = 2


@dataclass(frozen=True)
class State:
    """One conversation.

    ``answers``: question id -> value, None when skipped; ``trail``: in the order given;
    ``first``: the words that began it.
    """

    flow: str
    began: float
    touched: float
    answers: dict[str, Any] = field(default_factory=dict)
    trail: tuple[str, ...] = ()
    at: str | None = None
    status: Status = "open"
    misses: int = 0
    first: str = ""

    def with_answer(self, question_id: str, value: Any) -> State:
        """Return the state with one more (or changed) answer; it becomes the one "back" returns to."""
        trail = (*(one for one in self.trail if one != question_id), question_id)
        return replace(self, answers={**self.answers, question_id: value}, trail=trail, misses=0)

    def without(self, *question_ids: str) -> State:
        """Return the state with these questions open again."""
        kept = {key: value for key, value in self.answers.items() if key not in question_ids}
        return replace(self, answers=kept, trail=tuple(one for one in self.trail if one not in question_ids))


@dataclass(frozen=True)
class Desk:
    """All conversations of a person: the ``open`` one and those that ``waiting`` to be taken up again."""

    open: State | None = None
    waiting: tuple[State, ...] = ()

    def begin(self, state: State) -> Desk:
        """Return the desk with ``state`` open; an unfinished one is put aside, an older one like it dropped."""
        aside = (*self.waiting, self.open) if self.open and self.open.status == "open" else self.waiting
        kept = tuple(one for one in aside if one and one.flow != state.flow and one.answers)
        return Desk(state, kept[-MOST_WAITING:])

    def put_aside(self) -> Desk:
        """Return the desk with nothing open; what was unfinished waits."""
        if self.open is None or self.open.status != "open":
            return Desk(None, self.waiting)
        kept = (*(one for one in self.waiting if one.flow != self.open.flow), self.open)
        return Desk(None, kept[-MOST_WAITING:])

    def resume(self) -> Desk:
        """Return the desk with the latest waiting conversation open, unchanged when none waits."""
        if self.open is not None or not self.waiting:
            return self
        return Desk(self.waiting[-1], self.waiting[:-1])


def dump(desk: Desk) -> dict[str, Any] | None:
    """Return the desk as plain JSON, None when there is nothing on it."""
    if desk.open is None and not desk.waiting:
        return None
    return {
        "open": asdict(desk.open) if desk.open else None,
        "waiting": [asdict(one) for one in desk.waiting],
    }


def restore(raw: Any) -> Desk:
    """Return the desk kept as ``raw``; anything unreadable gives an empty one (an older release wrote it)."""
    try:
        opened = _state(raw["open"]) if raw["open"] else None
        return Desk(opened, tuple(_state(one) for one in raw["waiting"]))
    except (KeyError, TypeError, ValueError):
        return Desk()


def moment(now: datetime) -> float:
    """Return the Unix seconds of ``now``."""
    return now.timestamp()


def _state(raw: dict[str, Any]) -> State:
    return State(**{**raw, "trail": tuple(raw["trail"]), "answers": dict(raw["answers"])})
