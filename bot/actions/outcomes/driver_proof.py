"""The card with date and time that a driver asked and, by his own word, reported."""

from __future__ import annotations

from typing import Any

from bot.actions import content
from bot.actions.guided import times
from bot.actions.guided.result import Say, Told
from bot.actions.reply import lines


def conclude(told: Told) -> list[Say]:
    """Return the text and the card of kind ``proof`` (``title``, ``time``, ``lines``); nothing personal is on it."""
    words: dict[str, Any] = content.load("outcomes/driver_proof")
    if not told.complete and not told.known("reported"):
        return []
    reported = str(told.answers.get("reported") or "unknown")
    found = card(told, reported)
    # Channels without cards show the text, so the record stands there as well.
    record = lines([found["title"], found["time"], *found["lines"]])
    text = words["said"]["not_yet" if reported in ("not_yet", "unknown") else "reported"]
    return [Say(record, (), found), Say(text, words["buttons"])]


def card(told: Told, reported: str) -> dict[str, Any]:
    """Return the card; its time is China's, to the minute."""
    words: dict[str, Any] = content.load("outcomes/driver_proof")
    now = told.now.astimezone(times.CHINA)
    signs = [one for one in told.answers.get("signs") or () if one != "none"]
    said = [
        words["asked"],
        words["what"].format(what=told.said["what"]),
        words["signs"].format(signs=told.said["signs"]) if signs else words["no_signs"],
        words["advice"],
        words["reported"][reported],
        words["note"],
    ]
    clock = {"year": now.year, "month": now.month, "day": now.day, "hour": now.hour, "minute": now.minute}
    return {"kind": "proof", "title": words["title"], "time": words["time"].format(**clock), "lines": said}
