"""The life of a campaign, as pure rules. Who may do what is here; when, is in ``campaigns/workflow.py``.

::

    draft ──submit──▶ review ──approve──▶ scheduled ──due──▶ sending ──all done──▶ finished
      ▲                 │ reject            │ │  ▲            │   ▲ │
      └─────────────────┴───────────────────┘ │  └──resume── paused ◀──pause
                         (edit, withdraw)     └──────────────── stop ──▶ stopped

A document that is changed goes back to draft: an approval is for one digest only. ``stopped`` and ``finished`` are
ends; ``resend`` starts a finished or stopped campaign again for those alone whom it surely did not reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a campaign is."""

    DRAFT = "draft"
    REVIEW = "review"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"


class Action(StrEnum):
    """What is done to it, by an operator or by the clock."""

    EDIT = "edit"
    SUBMIT = "submit"
    REJECT = "reject"
    APPROVE = "approve"
    WITHDRAW = "withdraw"  # take an approved one back before it is sent
    START = "start"  # the clock
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    FINISH = "finish"  # the workflow, when every wave is done
    RESEND = "resend"


class NotAllowed(Exception):
    """The move is against the rules; ``code`` says which, and is the key of the sentence for operators."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Move:
    """An action on a campaign: ``by`` is the operator (empty for the clock), ``digest`` what she looked at."""

    action: Action
    by: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules need to know of a campaign. ``authors``: everybody who wrote or changed this document."""

    state: State
    digest: str
    authors: frozenset[str]
    previewed: bool = False  # the document as it is now was sent to somebody's own phone or looked at


_MOVES: dict[Action, tuple[frozenset[State], State]] = {
    Action.EDIT: (frozenset({State.DRAFT, State.REVIEW, State.SCHEDULED}), State.DRAFT),
    Action.SUBMIT: (frozenset({State.DRAFT}), State.REVIEW),
    Action.REJECT: (frozenset({State.REVIEW}), State.DRAFT),
    Action.APPROVE: (frozenset({State.REVIEW}), State.SCHEDULED),
    Action.WITHDRAW: (frozenset({State.SCHEDULED}), State.DRAFT),
    Action.START: (frozenset({State.SCHEDULED}), State.SENDING),
    Action.PAUSE: (frozenset({State.SCHEDULED, State.SENDING}), State.PAUSED),
    Action.RESUME: (frozenset({State.PAUSED}), State.SCHEDULED),
    Action.STOP: (frozenset({State.SCHEDULED, State.SENDING, State.PAUSED}), State.STOPPED),
    Action.FINISH: (frozenset({State.SENDING}), State.FINISHED),
    Action.RESEND: (frozenset({State.FINISHED, State.STOPPED}), State.SCHEDULED),
}


def move(standing: Standing, wanted: Move) -> State:
    """Return the state that ``wanted`` leads to. Raises ``NotAllowed``.

    A second person approves: never an author, and only the very text that she was shown.
    """
    allowed, to = _MOVES[wanted.action]
    if standing.state not in allowed:
        raise NotAllowed(f"{wanted.action}_from_{standing.state}")
    if wanted.action is Action.APPROVE:
        if not wanted.by or wanted.by in standing.authors:
            raise NotAllowed("approver_is_author")
        if wanted.digest != standing.digest:
            raise NotAllowed("text_changed")
        if not standing.previewed:
            raise NotAllowed("not_previewed")
    return to
