"""A tracker from JSON, a real dispatcher, an assessor that answers what a test wants."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.assessment.model import Assessment, Candidate, RedFlag, Verdict


class FakeJudge:
    """Answers with the queued assessment, remembers the texts."""

    def __init__(self, *answers: Assessment | Exception) -> None:
        self.answers = list(answers)
        self.history: list[str] = []

    def assess(self, text: str) -> Assessment:
        self.history.append(text)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def make_judge() -> type[FakeJudge]:
    return FakeJudge


def assessment(verdict: Verdict, text: str = "", quote: str = "") -> Assessment:
    flags: tuple[RedFlag, ...] = ()
    if quote:
        start = text.index(quote)
        flags = (RedFlag("ask_code", "要验证码", quote, start, start + len(quote)),)
    alarming = verdict in (Verdict.SCAM, Verdict.SUSPICIOUS)
    return Assessment(
        verdict=verdict,
        probability=0.9 if alarming else 0.2,
        scam_type="phishing_link" if alarming else None,
        candidates=(Candidate("phishing_link", "钓鱼链接", 0.9),) if alarming else (),
        red_flags=flags,
    )


@pytest.fixture
def make_assessment() -> Any:
    return assessment


class Talk:
    """Runs one action on one message."""

    def __init__(self) -> None:
        self.slots: dict[str, Any] = {}
        self.in_form = False

    def tracker(
        self, text: str, intent: str = "check", entities: list[dict[str, Any]] | None = None
    ) -> Tracker:
        return Tracker.from_dict(
            {
                "sender_id": "小红",
                "slots": self.slots,
                "latest_message": {"text": text, "intent": {"name": intent}, "entities": entities or []},
                "events": [],
                "paused": False,
                "followup_action": None,
                "active_loop": {"name": "clarify_form"} if self.in_form else {},
                "latest_action_name": "action_listen",
            }
        )

    def run(
        self, action: Any, text: str, intent: str = "check", entities: list[dict[str, Any]] | None = None
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return the replies and the slots that the action set."""
        dispatcher = CollectingDispatcher()
        events = asyncio.run(action.run(dispatcher, self.tracker(text, intent, entities), {}))
        replies = [message["custom"] for message in dispatcher.messages]
        assert len(replies) <= 2
        assert all(len(reply["text"]) <= 300 for reply in replies)
        self.events = events
        return replies, {event["name"]: event["value"] for event in events if event["event"] == "slot"}


@pytest.fixture
def talk() -> Talk:
    return Talk()
