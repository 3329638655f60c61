"""The last word on emergencies: the routing law and the danger model together. Pure: no Rasa here.

Both agree: the conversation is interrupted. One alone must be surer. In between nothing is interrupted, but the answer
begins with the question whether something is lost already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.nlu.danger import Danger
from bot.nlu.named import load_names, named_intent
from bot.nlu.routing import CHECK, DISTRESS, LEARN, OUT_OF_SCOPE, Lexicon, Route, plain, route

# Nothing to weigh: no words at all, a life in danger, a conversation begun at length, goods carried.
DECIDED = frozenset({"no_words", "life_first", "told_at_length", "goods"})
# These have an answer of their own to fear and threats, with 110 in it.
OWN_ANSWER = frozenset({DISTRESS, "minor_threatened", "extortion", "how_to_commit"})
# Somebody else's words or case, whatever they resemble.
SENT = ("brackets", "link", "report_style", "sender_style")
ALREADY_PAID, GAVE_INFO = "already_paid", "gave_info"
NOT_OWN = ("not_mine", "to_somebody", "others", "brackets", "link")


@dataclass(frozen=True)
class Weighed:
    """Where a message goes in the end; ``asks`` when the answer is to begin with the question of losses."""

    route: Route
    asks: bool = False


def weigh(found: Route, text: str, danger: Danger | None, lexicon: Lexicon) -> Weighed:
    """Return the final route, given what the routing law ``found``; without a ``danger`` that stands."""
    if danger is None or found.reason in DECIDED:
        return Weighed(found)
    if found.reason == "pasted" and not is_own_story(text, lexicon):
        return Weighed(found)
    limits, seen = lexicon.limits, plain(text)
    asks = danger.logit > limits["danger_asks"]
    if found.intent in lexicon.emergencies:
        if danger.logit > limits["danger_agreed"]:
            # Of the two, the model tells the emergencies apart more often (docs/nlu.md).
            return Weighed(replace(found, intent=_mode(danger, seen, lexicon)))
        named = named_intent(seen, load_names())  # "my mother does not believe that she was cheated"
        return Weighed(Route(named or CHECK, 1.0, "doubted"), asks=True)
    held_back = found.intent in OWN_ANSWER or any(lexicon.marks[name].search(seen) for name in NOT_OWN)
    held_back = held_back or found.reason == "named" or is_sent(seen, lexicon)
    held_back = held_back or (found.intent == LEARN and bool(lexicon.marks["what_if"].search(seen)))
    alone = limits["danger_in_story" if found.reason == "pasted" else "danger_alone"]
    if danger.logit > alone and not held_back:
        return Weighed(Route(_mode(danger, seen, lexicon), 1.0, "danger"))
    if asks and (found.intent in lexicon.small_talk or found.intent == OUT_OF_SCOPE):
        return Weighed(Route(CHECK, 1.0, "asked"), asks=True)  # small talk has no room for the question
    return Weighed(found, asks=asks)


def is_own_story(text: str, lexicon: Lexicon) -> bool:
    """Tell whether a long text is the person's own tale: somebody says "I", and nothing marks a sender."""
    seen = plain(text)
    return bool(lexicon.marks["first_person"].search(seen)) and not is_sent(seen, lexicon)


def is_sent(seen: str, lexicon: Lexicon) -> bool:
    """Tell whether ``seen`` (as ``plain`` gives it) has the marks of a message or chat of somebody else."""
    marks = lexicon.marks
    return any(marks[name].search(seen) for name in SENT) or len(marks["turn"].findall(seen)) >= 2


def _mode(danger: Danger, seen: str, lexicon: Lexicon) -> str:
    """Return which emergency it is: a code that was given and money that is gone are money that is gone."""
    gone = danger.mode == GAVE_INFO and lexicon.marks["money_gone"].search(seen)
    return ALREADY_PAID if gone else danger.mode


def final(text: str, parsed: Mapping[str, Any], lexicon: Lexicon) -> Weighed:
    """Return where a message goes, given what the components before made of it (``intent``, ``danger`` …)."""
    guess = parsed.get("intent") or {}
    ranking = {one["name"]: float(one["confidence"]) for one in parsed.get("intent_ranking") or []}
    found = route(text, guess.get("name") or "", float(guess.get("confidence") or 0.0), lexicon, ranking)
    told = parsed.get("danger")
    danger = Danger(float(told["logit"]), str(told["mode"])) if told else None
    return weigh(found, text, danger, lexicon)
