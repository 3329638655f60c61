"""The guided conversations in Rasa: one form, one slot with the state of all of them.

``guided_form`` asks ``guided_answer`` as long as a conversation is open. Its check (``validate_guided_form``) takes
every message first: an answer goes to the state machine, a question in between is answered here, and for everything
else it returns no event: Rasa then rejects the form and the rules of the message's intent apply.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.actions import content
from bot.actions.guided import desk as desks
from bot.actions.guided import flow as flows
from bot.actions.guided import times
from bot.actions.guided.hearing import Heard, is_general_question, weigh
from bot.actions.guided.machine import Scene
from bot.actions.guided.present import word
from bot.actions.guided.result import Say
from bot.actions.guided.state import Desk, dump, restore
from bot.actions.interlude import answer_between, verdict_say
from bot.actions.judge import JudgeSource, shared_judge
from bot.actions.language import CHINESE, language_of, speak, tr
from bot.actions.message import intent_of, typed_text
from bot.actions.pasted_order import answer_of
from bot.actions.reply import FORM, forget_check, say
from bot.actions.school_count import count_topic
from bot.actions.set_role import pressed
from bot.actions.verdict_reply import assess

Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


def china_now() -> datetime:
    """Return the time in China."""
    return datetime.now(times.CHINA)


def language_now(tracker: Tracker) -> str:
    """Return the language of the latest message; a button keeps the one before."""
    return language_of(typed_text(tracker), str(tracker.get_slot("language") or CHINESE))


def scene_of(tracker: Tracker, now: datetime) -> Scene:
    """Return when and to whom the answer goes."""
    known = {name: tracker.get_slot(name) for name in ("role", "last_check", "school")}
    return Scene(now, {**known, "language": language_now(tracker)})


def deliver(dispatcher: CollectingDispatcher, says: Sequence[Say]) -> None:
    """Send the messages of a turn."""
    for one in says:
        if one.text or one.card or one.command:
            command = dict(one.command) if one.command else None
            say(
                dispatcher,
                one.text,
                [dict(b) for b in one.buttons],
                dict(one.card) if one.card else None,
                command,
            )


def opened(tracker: Tracker, desk: Desk) -> list[EventType]:
    """Return the events that keep the desk and listen for its open question.

    ``ActionExecuted`` stands for the form's own first run, which would only call us again.
    """
    kept: list[EventType] = [*forget_check(tracker), SlotSet("guided", dump(desk))]
    kept.append(SlotSet("language", language_now(tracker)))
    if not listens(desk):
        return [
            *kept,
            *([ActiveLoop(None)] if tracker.active_loop_name else []),
            SlotSet("requested_slot", None),
        ]
    return [*kept, ActiveLoop(FORM), SlotSet("requested_slot", "guided_answer"), ActionExecuted(FORM)]


def listens(desk: Desk) -> bool:
    """Tell whether the form stays: a question is open, or a computed result may still be corrected."""
    if desk.open is None or desk.open.flow not in flows.load():
        return False
    return desk.open.status == "open" or (
        desk.open.status == "done" and flows.load()[desk.open.flow].outcome is not None
    )


def flow_for(intent: str, text: str) -> str | None:
    """Return the flow that an intent begins: the first whose words occur in the text, else the one without words."""
    candidates = [flow for flow in flows.load().values() if intent in flow.starts_on]
    worded = (f for f in candidates if f.starts_words and re.search(f.starts_words, text.lower()))
    plain = (f for f in candidates if not f.starts_words)
    found = next(worded, None) or next(plain, None)
    return found.id if found else None


class ActionBeginGuided(Action):  # type: ignore[misc]
    """Begins the flow of a ``/begin`` button or of the intent's ``starts_on``."""

    def __init__(self, clock: Clock = china_now) -> None:
        """Take the clock."""
        self._clock = clock

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_begin_guided"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the opening and the first question; another unfinished conversation waits."""
        text = typed_text(tracker)
        flow_id = pressed(tracker, "guided_flow") or flow_for(intent_of(tracker), text)
        return begin_flow(dispatcher, tracker, flow_id, text, self._clock())


def begin_flow(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    flow_id: str | None,
    text: str,
    now: datetime,
    given: dict[str, Any] | None = None,
) -> list[EventType]:
    """Begin ``flow_id`` with the answers ``given``; an unknown one is answered with a sentence."""
    with speak(language_now(tracker)):
        if flow_id not in flows.load():
            say(dispatcher, word("say", "gone"))
            return []
        turn = desks.begin(desk_of(tracker), flow_id, scene_of(tracker, now), text, given)
        deliver(dispatcher, turn.says)
        count_topic(dispatcher, tracker, turn.desk)
    return opened(tracker, turn.desk)


def desk_of(tracker: Tracker) -> Desk:
    """Return the desk kept in the slot; flows that a new release no longer has are dropped."""
    desk = restore(tracker.get_slot("guided"))
    known = flows.load()
    waiting = tuple(one for one in desk.waiting if one.flow in known)
    return Desk(desk.open if desk.open and desk.open.flow in known else None, waiting)


class ActionResumeGuided(Action):  # type: ignore[misc]
    """Takes the latest unfinished conversation up again."""

    def __init__(self, clock: Clock = china_now) -> None:
        """Take the clock."""
        self._clock = clock

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_resume_guided"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Send the open question again, or say that nothing waits."""
        with speak(language_now(tracker)):
            turn = desks.resume(desk_of(tracker), scene_of(tracker, self._clock()))
            if turn is None:
                say(dispatcher, word("say", "nothing_waiting"))
                return []
            deliver(dispatcher, turn.says)
            count_topic(dispatcher, tracker, turn.desk)
        return opened(tracker, turn.desk)


class ActionGuidedAnswer(Action):  # type: ignore[misc]
    """A button of a conversation that is no longer the open one."""

    def __init__(self, clock: Clock = china_now) -> None:
        """Take the clock."""
        self._clock = clock

    def name(self) -> str:
        """Return the name that rules use."""
        return "action_guided_answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Take the answer; the answers of the check's own questions have their own buttons."""
        value = pressed(tracker, "guided_answer")
        with speak(language_now(tracker)):
            if value is None:
                say(dispatcher, tr(content.load("verdict")["ask_for_text"]))
                return []
            turn = desks.press(desk_of(tracker), value, scene_of(tracker, self._clock()))
            deliver(dispatcher, turn.says)
            count_topic(dispatcher, tracker, turn.desk)
        return opened(tracker, turn.desk)


class ValidateGuidedForm(Action):  # type: ignore[misc]
    """Takes each message while a conversation is open."""

    def __init__(self, clock: Clock = china_now, judge: JudgeSource = shared_judge) -> None:
        """Take the clock and the assessor's source."""
        self._clock = clock
        self._judge = judge

    def name(self) -> str:
        """Return the name that Rasa derives from the form."""
        return "validate_guided_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        """Answer what belongs here; without an event Rasa hands the message to the rules."""
        desk = desk_of(tracker)
        if desk.open is None or not listens(desk):
            return []
        with speak(language_now(tracker)):
            turn = self._turn(tracker, desk, scene_of(tracker, self._clock()))
            if turn is None:
                return []
            deliver(dispatcher, turn.says)
            count_topic(dispatcher, tracker, turn.desk)
        kept: list[EventType] = [
            SlotSet("guided", dump(turn.desk)),
            SlotSet("language", language_now(tracker)),
        ]
        return kept if listens(turn.desk) else [*kept, SlotSet("requested_slot", None)]

    def _turn(self, tracker: Tracker, desk: Desk, scene: Scene) -> desks.Turn | None:
        value, text = pressed(tracker, "guided_answer"), typed_text(tracker)
        if value is not None:
            return desks.press(desk, value, scene)
        if not text or desk.open is None:
            return None
        intent = (tracker.latest_message or {}).get("intent") or {}
        heard = weigh(
            desk.open, text, str(intent.get("name") or ""), float(intent.get("confidence") or 0), scene.now
        )
        if heard is Heard.ELSEWHERE:
            return None
        if heard is Heard.TOLD:
            found = assess(self._judge, text)
            if found is not None:
                given = answer_of(desk.open.flow, found)
                return desks.told(desk, text, scene, verdict_say(found, text), given)
        if heard is Heard.ASIDE:
            asked = "learn" if is_general_question(text) else str(intent.get("name"))
            between = answer_between(asked, text, self._judge)
            if between is not None:
                return desks.remind(desk, scene, between)
        return desks.hear(desk, text, scene)
