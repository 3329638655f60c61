"""Turns a text into the verdict messages; used by every conversation that judges something."""

from __future__ import annotations

import logging
import time
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import content
from bot.actions.judge import Judge, JudgeSource
from bot.actions.message import asks_first
from bot.actions.reply import leave_form, say
from bot.actions.verdict_card import verdict_card, verdict_text
from bot.assessment.model import Assessment, Verdict
from knowledge_base import contacts

logger = logging.getLogger(__name__)

KNOWN, UNCLEAR = "known", "unclear"
# A form in progress keeps this many characters of the text it asks about.
LONGEST_KEPT = 2000


def known(tracker: Tracker) -> list[EventType]:
    """Return the events of a finished check: questions closed, text forgotten."""
    return [*leave_form(tracker), SlotSet("check_state", KNOWN)]


def checked(assessment: Assessment, text: str) -> SlotSet:
    """Return the event that remembers what was checked (masked), for a report or a stop-payment later."""
    found = {
        "text": text[:LONGEST_KEPT],
        "verdict": str(assessment.verdict),
        "scam_type": assessment.scam_type,
    }
    return SlotSet("last_check", {**found, "at": time.time()})


def assess(source: JudgeSource, text: str) -> Assessment | None:
    """Return the assessment, or None when the assessor fails; the log gets the kind of failure only."""
    try:
        judge: Judge = source()
        return judge.assess(text)
    except Exception as error:
        logger.error("assessment failed: %s", type(error).__name__)
        return None


def give_verdict(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    assessment: Assessment,
    text: str,
    final: bool = False,
) -> None:
    """Send the safety question, unless it was answered and nothing is alarming, then the verdict."""
    words = content.load("verdict")
    calm = assessment.verdict in (Verdict.NO_KNOWN_RISK, Verdict.OFFICIAL, Verdict.UNCLEAR)
    if asks_first(tracker) or not (tracker.get_slot("none_lost") and calm):
        ask_about_losses(dispatcher)
    card: dict[str, Any] = verdict_card(assessment, text, contacts.load(), final)
    say(dispatcher, verdict_text(assessment, final), words["feedback_buttons"], card)


def ask_about_losses(dispatcher: CollectingDispatcher) -> None:
    """Send the question whether something is lost already, with a button for each emergency."""
    words = content.load("verdict")
    say(dispatcher, words["safety_question"], words["safety_buttons"])


def open_questions(
    dispatcher: CollectingDispatcher, tracker: Tracker, assessment: Assessment, text: str
) -> list[EventType]:
    """Send the unclear card with the safety buttons; the form's first question comes second."""
    words = content.load("verdict")
    say(
        dispatcher,
        f"{words['safety_question']}\n{verdict_text(assessment)}",
        words["safety_buttons"],
        verdict_card(assessment, text, contacts.load()),
    )
    kept = SlotSet("checked_text", text[:LONGEST_KEPT])
    return [*leave_form(tracker), kept, SlotSet("check_state", UNCLEAR)]
