"""Which door a report goes through, and the report itself as a text to copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.actions import content
from bot.actions.guide_card import sheet, to_copy
from bot.actions.guided import times
from bot.actions.guided.result import Say, Told
from bot.actions.reply import lines, shorten

# A door that needs no draft: time counts there, or the answers of the report were never asked for.
NO_DRAFT = frozenset({"paid"})
QUOTE_IN_TEXT = 90
QUOTE_ON_CARD = 400
LONGEST_LINE = 80


def conclude(told: Told) -> list[Say]:
    """Return the door with what to prepare, then the draft; without one for money that is gone."""
    words: dict[str, Any] = content.load("outcomes/report")
    what = str(told.answers.get("what") or "unknown")
    said = [_door(told, what, words)]
    if what not in NO_DRAFT:
        said.append(_draft(told, what, words))
    return said


def _door(told: Told, what: str, words: Mapping[str, Any]) -> Say:
    """Return the right door as a card; someone abroad gets the consulate's line first."""
    door, always = words["doors"][what], words["always"]
    steps, contacts = list(door["steps"]), list(door["contacts"])
    platform = words["platforms"].get(told.answers.get("platform"))
    if platform:
        steps.insert(0, platform)
    if told.answers.get("where") == "abroad":
        steps.insert(0, words["abroad"]["step"])
        contacts.insert(0, words["abroad"]["contact"])
    things = always["things"].get(what)
    if things:
        steps.append(always["prepare"].format(things=things))
    signed = words["signed"].get(told.answers.get("signed"))
    after = [*([signed] if signed else []), *always["next"]]
    card = sheet(words["card_title"], door["first_line"], steps, contacts, always["dont"], after)
    return Say(lines([door["text"], signed]), door.get("buttons", ()), card)


def _draft(told: Told, what: str, words: Mapping[str, Any]) -> Say:
    """Return the report in the person's own words: short in the message, with more of the checked text on the card."""
    draft: Mapping[str, Any] = words["draft"]
    now = told.now.astimezone(times.CHINA)
    written = draft["written"].format(month=now.month, day=now.day, clock=now.strftime("%H:%M"))
    card = to_copy(draft["title"], _body(told, what, draft, QUOTE_ON_CARD), written)
    return Say(lines([draft["intro"], *_body(told, what, draft, QUOTE_IN_TEXT)]), draft["buttons"], card)


def _body(told: Told, what: str, draft: Mapping[str, Any], longest_quote: int) -> list[str]:
    """Return the report line by line; what was not told is not in it, and masks stay as they are."""
    facts = {name: shorten(told.said[name], LONGEST_LINE) for name in _told(told)}
    body = [draft["head"].format(what=told.said["what"])] if told.known("what") else []
    body += [draft[name].format(**facts) for name in ("when", "platform", "who", "story") if name in facts]
    checked = (told.context.get("last_check") or {}).get("text")
    if checked:
        quote = shorten(" ".join(str(checked).split()), longest_quote)
        body.append(draft["quote"].format(quote=quote))
    return [*body, draft.get(f"{what}_tail") or draft["tail"]]


def _told(told: Told) -> list[str]:
    return [name for name in ("when", "who", "platform", "story") if told.known(name)]
