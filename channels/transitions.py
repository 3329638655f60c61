"""The life of an outgoing message, as pure rules: nothing is lost, nothing is sent twice.

::

    queued ──claim──▶ claimed ──start──▶ sending ──answer──▶ sent | dead | queued (retry, hold) | unknown
                         └─lease over─▶ queued    └─lease over─▶ unknown (queued, if the platform drops repeats)

A claimed message has surely not gone out: only ``start``, written before the request, makes it possible. So a crash
leaves ``claimed`` (safe to do again) or ``sending`` (the platform may have taken it: told apart, never repeated by
itself). What waits for the person to write again is queued without a due time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from channels.base import Delivery, Outcome

MOST_ATTEMPTS = 8  # with the back-off below this is about an hour
FIRST_BACKOFF_SECONDS = 2.0
LONGEST_BACKOFF_SECONDS = 900.0
LEASE_SECONDS = 20.0  # longer than any one request to a platform may take


class State(StrEnum):
    """Where a message is."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    UNKNOWN = "unknown"


FINAL = frozenset({State.SENT, State.DEAD, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Next:
    """The state to go to. ``due_at`` counts for queued ones: null means, when the person writes again."""

    state: State
    due_at: float | None = None
    cause: str = ""


def settle(delivery: Delivery, attempt: int, now: float, jitter: Callable[[], float]) -> Next:
    """Return what follows ``delivery``, the answer to attempt number ``attempt`` (from 1).

    ``jitter`` returns a number from 0 to 1; it spreads retries so that they do not come all at once.
    """
    if delivery.outcome is Outcome.SENT:
        return Next(State.SENT)
    if delivery.outcome is Outcome.REJECTED:
        return Next(State.DEAD, cause=delivery.cause or "rejected")
    if delivery.outcome is Outcome.UNKNOWN:
        return Next(State.UNKNOWN, cause=delivery.cause or "no answer")
    if delivery.outcome is Outcome.HOLD:
        return Next(State.QUEUED, None, delivery.cause)
    if attempt >= MOST_ATTEMPTS:
        return Next(State.DEAD, cause=delivery.cause or "too many attempts")
    wait = delivery.after or back_off(attempt) * (0.5 + jitter() / 2)
    return Next(State.QUEUED, now + wait, delivery.cause)


def back_off(attempt: int) -> float:
    """Return the seconds to wait after failed attempt number ``attempt``: doubling, capped."""
    return float(min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** (attempt - 1)))


def recover(state: State, idempotent: bool, now: float) -> Next:
    """Return what becomes of a message whose worker's lease is over. Raises ``ValueError`` for other states."""
    if state is State.CLAIMED:
        return Next(State.QUEUED, now, "lease over")
    if state is State.SENDING:
        if idempotent:
            return Next(State.QUEUED, now, "lease over")
        return Next(State.UNKNOWN, cause="worker died")
    raise ValueError(f"a {state} message has no lease")


def resend(state: State, now: float) -> Next:
    """Return what an operator's order to send again does. Raises ``ValueError`` unless it is dead or unknown."""
    if state not in {State.DEAD, State.UNKNOWN}:
        raise ValueError(f"a {state} message cannot be sent again")
    return Next(State.QUEUED, now, "resent")
