"""Tells the gateway that a topic was opened under a school's code: a figure, never who."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.guided.state import Desk, State, restore
from bot.actions.reply import say

# The students' own conversations, and the self-test that the students' one about cards leads to.
COUNTED = ("student_", "tool_person")


def count_topic(dispatcher: CollectingDispatcher, tracker: Tracker, desk: Desk) -> None:
    """Send the counter command when ``desk`` has a newly begun conversation and a school's code is known."""
    school = tracker.get_slot("school")
    opened = desk.open
    if not school or opened is None or not opened.flow.startswith(COUNTED):
        return
    if _same(restore(tracker.get_slot("guided")).open, opened):
        return
    command = {"command": "school_topic", "school": str(school), "topic": opened.flow}
    say(dispatcher, "", command=command)


def _same(before: State | None, after: State) -> bool:
    return before is not None and (before.flow, before.began) == (after.flow, after.began)
