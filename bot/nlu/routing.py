"""The routing law: what is not clearly a command or a cry for help is a text to check. Pure: no Rasa here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.nlu.named import load_names, named_intent

CHECK = "check"
PASTE = "paste"
LEARN = "learn"
OUT_OF_SCOPE = "out_of_scope"
DISTRESS = "distress"
ON_THE_LINE = "on_the_line"
HOW_TO_COMMIT = "how_to_commit"

_PLACEHOLDER = re.compile(r"<([^<>#\s]{2,8})#\d{1,4}(?::\+?\d{1,4})?>")
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*\s?")
# Who asks how scams work, or is in danger of life or of a threat, is not taken for somebody who lost money.
NEVER_OVERRULED = ("learn", DISTRESS, "minor_threatened", "extortion")
# Past this many characters nothing new is learnt about *whose* words these are, and time is lost.
_LOOK_AT = 600
SURE_EMERGENCY = 0.6  # this sure, it comes before a service that the words name
SOUNDS_TOLD = 0.5  # this sure, and in words of trouble, a "why" in them is despair


@dataclass(frozen=True)
class Route:
    """Where a message goes; ``reason`` names the law that decided, never the text."""

    intent: str
    confidence: float
    reason: str


@dataclass(frozen=True)
class Lexicon:
    """The compiled content of routing.yml."""

    emergency: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]
    marks: dict[str, re.Pattern[str]]
    limits: dict[str, float]
    small_talk: frozenset[str]
    told_at_length: frozenset[str]

    @property
    def emergencies(self) -> frozenset[str]:
        """The intents that interrupt everything."""
        return frozenset(name for name, _ in self.emergency)


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Read routing.yml beside this file, once."""
    raw: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "routing.yml").read_text(encoding="utf-8"))
    marks = (
        "hypothetical",
        "what_if",
        "first_person",
        "not_mine",
        "knowledge",
        "everyday",
        "came_in",
        "proper_place",
        "refused",
        "hung_up",
        "everyday_call",
        "trouble",
        "not_yet",
        "demanded",
        "done",
        "others",
        "goods",
        "money_gone",
        "life",
        "defence",
        "to_somebody",
        "brackets",
        "link",
        "turn",
        "report_style",
        "sender_style",
        "clause_end",
    )
    limits = (
        "longest_command",
        "longest_small_talk",
        "floor",
        "emergency_floor",
        "emergency_floor_in_trouble",
        "danger_mass",
        "danger_mass_in_trouble",
        "told_at_length_floor",
        "out_of_scope_floor",
        "danger_agreed",
        "danger_alone",
        "danger_in_story",
        "danger_asks",
    )
    return Lexicon(
        emergency=tuple(
            (name, tuple(re.compile(pattern) for pattern in patterns))
            for name, patterns in raw["emergency"].items()
        ),
        marks={name: re.compile(raw[name], re.MULTILINE) for name in marks},
        limits={name: float(raw[name]) for name in limits},
        small_talk=frozenset(raw["small_talk"]),
        told_at_length=frozenset(raw["told_at_length"]),
    )


def plain(text: str) -> str:
    """Return the text as the patterns see it: NFKC, lower case, short placeholders, bounded length."""
    folded = unicodedata.normalize("NFKC", text[: 4 * _LOOK_AT]).lower()
    return _PLACEHOLDER.sub(r"<\1>", folded).strip()[:_LOOK_AT]


def has_words(text: str) -> bool:
    """Tell whether anything can be read at all: a letter, a digit, a Chinese character."""
    return any(unicodedata.category(char)[0] in "LN" for char in text)


def is_pasted(text: str, lexicon: Lexicon) -> bool:
    """Tell whether the text carries marks of something received: brackets, links, turns, lines, length."""
    seen = plain(text)
    return (
        reading_length(text.strip()) > lexicon.limits["longest_command"]
        or text.strip().count("\n") >= 2
        or any(
            lexicon.marks[name].search(seen) for name in ("brackets", "link", "report_style", "sender_style")
        )
        or len(lexicon.marks["turn"].findall(seen)) >= 2
    )


def own_emergency(text: str, lexicon: Lexicon) -> str:
    """Return the emergency that the person tells of herself or of her family, else an empty string."""
    seen = plain(text)
    marks = lexicon.marks
    received = any(
        marks[name].search(seen) for name in ("brackets", "to_somebody", "others", "not_mine", "knowledge")
    )
    if received or len(marks["turn"].findall(seen)) >= 2 or marks["report_style"].search(seen):
        return ""
    for name, patterns in lexicon.emergency:
        for pattern in patterns:
            found = pattern.search(seen)
            if (
                found
                and not _unreal(name, seen, found.span(), lexicon)
                and not _everyday(name, seen, lexicon)
            ):
                return name
    return ""


def _unreal(name: str, seen: str, span: tuple[int, int], lexicon: Lexicon) -> bool:
    """Tell whether the clause around a hit is a question, refusal or demand; others do not count."""
    start, end = span
    ends = [mark.start() for mark in lexicon.marks["clause_end"].finditer(seen)]
    left = max((at + 1 for at in ends if at < start), default=0)
    right = min((at for at in ends if at >= end), default=len(seen))
    clause = seen[left:right]
    return _supposed(clause, lexicon) or _not_done(name, clause, lexicon)


def _supposed(clause: str, lexicon: Lexicon) -> bool:
    """Tell whether it is asked what would be; "is it a swindle? I have just paid" is no such question."""
    marks = lexicon.marks
    if not marks["hypothetical"].search(clause):
        return False
    did = marks["done"].search(clause) and marks["first_person"].search(clause)
    return bool(marks["what_if"].search(clause)) or not did


# What an everyday thing looks like beside each emergency.
_EVERYDAY = {"already_paid": "everyday", "gave_info": "proper_place", ON_THE_LINE: "everyday_call"}


def _everyday(name: str, seen: str, lexicon: Lexicon) -> bool:
    """Tell whether the words are a payment or a call as on every day: nothing in them sounds of trouble."""
    marks = lexicon.marks
    if name == "already_paid" and marks["came_in"].search(seen):
        return not marks["done"].search(marks["came_in"].sub(" ", seen))
    return bool(marks[_EVERYDAY[name]].search(seen)) and not marks["trouble"].search(seen)


def _denied(name: str, seen: str, lexicon: Lexicon) -> bool:
    """Tell whether a guess of the classifier is denied: refused, hung up, somebody else's, of every day."""
    marks = lexicon.marks
    if marks["not_mine"].search(seen) or _everyday(name, seen, lexicon):
        return True
    if name == ON_THE_LINE and marks["hung_up"].search(seen):
        return True
    return bool(marks["refused"].search(seen)) and not marks["done"].search(seen)


def _not_done(name: str, clause: str, lexicon: Lexicon) -> bool:
    """Tell whether the words deny the emergency ``name``.

    Neither a demand nor money that has not gone yet denies that somebody is on the line.
    """
    if name == ON_THE_LINE:
        return bool(lexicon.marks["hung_up"].search(clause))
    if lexicon.marks["not_yet"].search(clause) and not lexicon.marks["done"].search(clause):
        return True
    demanded = lexicon.marks["demanded"].search(clause) and not lexicon.marks["done"].search(clause)
    return bool(demanded)


def route(
    text: str, intent: str, confidence: float, lexicon: Lexicon, ranking: Mapping[str, float] | None = None
) -> Route:
    """Return the final intent for a message that the classifier took for ``intent`` (``confidence`` 0..1).

    ``ranking`` has the likeliest intents; emergencies that share the likelihood among them count together.
    """
    if not has_words(text):
        return Route(OUT_OF_SCOPE, 1.0, "no_words")
    if lexicon.marks["goods"].search(plain(text)) and not is_pasted(text, lexicon):
        return Route(
            "driver_order", 1.0, "goods"
        )  # a driver handed over what he carried: no money of his own
    emergency = own_emergency(text, lexicon)
    if lexicon.marks["life"].search(plain(text)) and (emergency or intent == DISTRESS):
        return Route(DISTRESS, 1.0, "life_first")
    if emergency:
        return Route(emergency, 1.0, "own_emergency")
    if is_pasted(text, lexicon):
        at_length = intent in lexicon.told_at_length and intent not in lexicon.emergencies
        plain_words = not any(
            lexicon.marks[m].search(plain(text)) for m in ("brackets", "link", "sender_style")
        )
        if at_length and plain_words and confidence >= lexicon.limits["told_at_length_floor"]:
            return Route(intent, confidence, "told_at_length")
        if not _own_words(text, lexicon) or danger_of(ranking, lexicon) < SURE_EMERGENCY:
            return Route(PASTE, 1.0, "pasted")
    danger = {name: p for name, p in (ranking or {}).items() if name in lexicon.emergencies}
    trouble = lexicon.marks["trouble"].search(plain(text))
    enough = lexicon.limits["danger_mass_in_trouble" if trouble else "danger_mass"]
    if intent not in NEVER_OVERRULED and sum(danger.values()) >= enough:
        intent = max(danger, key=danger.__getitem__)
        confidence = sum(danger.values())
    return _route_short(text, intent, confidence, lexicon)


def danger_of(ranking: Mapping[str, float] | None, lexicon: Lexicon) -> float:
    """Return the likelihood (0..1) of all emergencies together."""
    return sum(p for name, p in (ranking or {}).items() if name in lexicon.emergencies)


def _own_words(text: str, lexicon: Lexicon) -> bool:
    """Tell whether a short text is told by the person herself, though a word of it is a sender's."""
    seen, marks = plain(text), lexicon.marks
    sent = any(
        marks[name].search(seen) for name in ("brackets", "link", "report_style", "turn", "to_somebody")
    )
    short = reading_length(seen) <= lexicon.limits["longest_command"] and text.strip().count("\n") < 2
    return short and not sent and bool(marks["first_person"].search(seen) and marks["done"].search(seen))


def reading_length(text: str) -> int:
    """Return the length in Chinese characters: a Latin word says about as much as two of them."""
    words = _LATIN_WORD.findall(text)
    return len(text) - sum(len(word) for word in words) + 2 * len(words)


def _route_short(text: str, intent: str, confidence: float, lexicon: Lexicon) -> Route:
    seen = plain(text)
    named = named_intent(seen, load_names())
    if named and not (intent in lexicon.emergencies and confidence >= SURE_EMERGENCY):
        return Route(named, 1.0, "named")
    if intent in lexicon.emergencies:
        if lexicon.marks["to_somebody"].search(seen) or _not_done(intent, seen, lexicon):
            return Route(CHECK, 1.0, "not_yet")
        if _denied(intent, seen, lexicon):
            return Route(CHECK, 1.0, "denied")
        trouble = lexicon.marks["trouble"].search(seen)
        told = confidence >= SOUNDS_TOLD and trouble and not lexicon.marks["what_if"].search(seen)
        if lexicon.marks["knowledge"].search(seen) or (_supposed(seen, lexicon) and not told):
            return Route(LEARN, 1.0, "hypothetical")
        if confidence < lexicon.limits["emergency_floor_in_trouble" if trouble else "emergency_floor"]:
            return Route(CHECK, 1.0, "unsure")
        return Route(intent, confidence, "classifier")
    if intent == HOW_TO_COMMIT and lexicon.marks["defence"].search(seen):
        return Route(LEARN, 1.0, "defence")
    floor = lexicon.limits["out_of_scope_floor" if intent == OUT_OF_SCOPE else "floor"]
    if not intent or confidence < floor:
        return Route(CHECK, 1.0, "unsure")
    if intent in lexicon.small_talk and len(seen) > lexicon.limits["longest_small_talk"]:
        return Route(CHECK, 1.0, "too_long_for_small_talk")
    return Route(intent, confidence, "classifier")
