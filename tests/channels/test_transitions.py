"""The rules of outgoing messages, and a machine that lets processes die at any step: nothing lost, nothing doubled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from channels.base import Delivery, Outcome
from channels.transitions import (
    FINAL,
    LONGEST_BACKOFF_SECONDS,
    MOST_ATTEMPTS,
    Next,
    State,
    back_off,
    recover,
    resend,
    settle,
)


@pytest.mark.parametrize(
    ("delivery", "attempt", "expected"),
    [
        (Delivery(Outcome.SENT), 1, Next(State.SENT)),
        (Delivery(Outcome.REJECTED, "blocked"), 1, Next(State.DEAD, cause="blocked")),
        (Delivery(Outcome.UNKNOWN, "timeout"), 1, Next(State.UNKNOWN, cause="timeout")),
        (Delivery(Outcome.HOLD, "window"), 1, Next(State.QUEUED, None, "window")),
        (Delivery(Outcome.RETRY, "429", after=7.0), 1, Next(State.QUEUED, 1007.0, "429")),
        (Delivery(Outcome.RETRY, "busy"), 1, Next(State.QUEUED, 1002.0, "busy")),
        (Delivery(Outcome.RETRY, "busy"), MOST_ATTEMPTS, Next(State.DEAD, cause="busy")),
    ],
)
def test_what_follows_an_answer(delivery: Delivery, attempt: int, expected: Next) -> None:
    assert settle(delivery, attempt, 1000.0, lambda: 1.0) == expected


@given(st.integers(1, 60), st.floats(0, 1))
def test_the_back_off_grows_is_capped_and_spread(attempt: int, luck: float) -> None:
    step = settle(Delivery(Outcome.RETRY), min(attempt, MOST_ATTEMPTS - 1), 0.0, lambda: luck)
    wait = back_off(min(attempt, MOST_ATTEMPTS - 1))
    assert step.due_at is not None
    assert wait / 2 <= step.due_at <= wait <= LONGEST_BACKOFF_SECONDS
    assert back_off(attempt) <= back_off(attempt + 1)


def test_only_what_has_surely_not_gone_out_is_done_again() -> None:
    assert recover(State.CLAIMED, False, 5.0).state is State.QUEUED
    assert recover(State.SENDING, False, 5.0).state is State.UNKNOWN
    assert recover(State.SENDING, True, 5.0).state is State.QUEUED
    for state in FINAL | {State.QUEUED}:
        with pytest.raises(ValueError, match="lease"):
            recover(state, False, 5.0)


def test_only_an_operator_sends_again() -> None:
    assert resend(State.DEAD, 5.0) == Next(State.QUEUED, 5.0, "resent")
    assert resend(State.UNKNOWN, 5.0).state is State.QUEUED
    with pytest.raises(ValueError, match="again"):
        resend(State.SENT, 5.0)


class Crashes(RuleBasedStateMachine):
    """One message, a platform, and a worker that may die between any two steps."""

    idempotent = False

    def __init__(self) -> None:
        super().__init__()
        self.state = State.QUEUED
        self.attempts = 0
        self.taken = 0  # how often the platform took it
        self.waits_for_person = False
        self.worker: str | None = None  # what the living worker has in hand: claimed, started, requested

    @rule()
    def claim(self) -> None:
        if self.state is State.QUEUED and self.worker is None and not self.waits_for_person:
            self.state, self.worker = State.CLAIMED, "claimed"

    @rule()
    def start(self) -> None:
        if self.worker == "claimed":
            self.state, self.worker = State.SENDING, "started"
            self.attempts += 1

    @rule(outcome=st.sampled_from(list(Outcome)), reached=st.booleans())
    def request(self, outcome: Outcome, reached: bool) -> None:
        if self.worker != "started":
            return
        if outcome is Outcome.SENT or (outcome is Outcome.UNKNOWN and reached):
            self.taken = 1 if self.idempotent else self.taken + 1
        step = settle(Delivery(outcome), self.attempts, 0.0, lambda: 0.5)
        self.worker, self.step = "requested", step

    @rule()
    def note(self) -> None:
        if self.worker == "requested":
            self.state, self.worker = self.step.state, None
            self.waits_for_person = self.state is State.QUEUED and self.step.due_at is None

    @rule()
    def person_writes(self) -> None:
        self.waits_for_person = False

    @rule()
    def die_and_recover(self) -> None:
        if self.worker is not None:
            self.worker = None
            self.state = recover(self.state, self.idempotent, 0.0).state

    @invariant()
    def never_taken_twice(self) -> None:
        assert self.taken <= 1

    @invariant()
    def never_called_sent_or_dead_wrongly(self) -> None:
        if self.worker is None and self.state is State.SENT:
            assert self.taken == 1
        if self.worker is None and self.state in {State.DEAD, State.QUEUED} and not self.idempotent:
            assert self.taken == 0


class IdempotentCrashes(Crashes):
    """The same on a platform that drops what it got already."""

    idempotent = True


TestCrashes = Crashes.TestCase
TestIdempotentCrashes = IdempotentCrashes.TestCase
