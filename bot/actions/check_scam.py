"""Is this a scam? Judges the latest text, asks back when too little was told, concludes after the answers."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.clarify import answers_as_sentences
from bot.actions.judge import JudgeSource, shared_judge
from bot.actions.message import typed_text
from bot.actions.reply import say
from bot.actions.verdict_reply import assess, checked, give_verdict, known, open_questions
from bot.assessment.model import Verdict


class ActionCheckScam(Action):  # type: ignore[misc]
    """Judges what was typed or pasted."""

    def __init__(self, judge: JudgeSource = shared_judge) -> None:
        """Take the assessor's source; it is asked on first use, never at start."""
        self._judge = judge

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_check_scam"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send verdict or first question; ``check_state`` tells Rasa which."""
        words = content.load("verdict")
        text = typed_text(tracker)
        if not text:
            say(dispatcher, words["ask_for_text"])
            return known(tracker)
        if not any(char.isalnum() for char in text):
            say(dispatcher, words["unreadable"])
            return known(tracker)
        assessment = assess(self._judge, text)
        if assessment is None:
            say(dispatcher, words["failed"])
            return known(tracker)
        if assessment.verdict is Verdict.UNCLEAR:
            return open_questions(dispatcher, tracker, assessment, text)
        give_verdict(dispatcher, tracker, assessment, text)
        return [*known(tracker), checked(assessment, text)]


class ActionConcludeCheck(Action):  # type: ignore[misc]
    """Judges text and answers together when the questions are answered."""

    def __init__(self, judge: JudgeSource = shared_judge) -> None:
        """Take the assessor's source; it is asked on first use, never at start."""
        self._judge = judge

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_conclude_check"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the verdict and forget the text; never asks a second round."""
        conclude(dispatcher, tracker, self._judge)
        return known(tracker)


class ActionCancel(Action):  # type: ignore[misc]
    """The person says never mind: what is known so far is said, and the questions end."""

    def __init__(self, judge: JudgeSource = shared_judge) -> None:
        """Take the assessor's source; it is asked on first use, never at start."""
        self._judge = judge

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_cancel"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Conclude with the answers given so far, or say that there is nothing to leave."""
        answered = any(tracker.get_slot(name) for name in ("clarify_want", "clarify_who"))
        if tracker.get_slot("checked_text") and answered:
            conclude(dispatcher, tracker, self._judge)
        else:
            say(dispatcher, content.load("verdict")["nothing_to_leave"])
        return known(tracker)


def conclude(dispatcher: CollectingDispatcher, tracker: Tracker, judge: JudgeSource) -> None:
    """Judge the kept text with the canonical sentences of the answers and send the verdict."""
    kept = str(tracker.get_slot("checked_text") or "")
    text = "\n".join(part for part in (kept, *answers_as_sentences(tracker)) if part)
    assessment = assess(judge, text) if text else None
    if assessment is None:
        say(dispatcher, content.load("verdict")["failed"])
        return
    give_verdict(dispatcher, tracker, assessment, text, final=True)
