"""From probabilities and signs to one of the five verdicts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

from bot.assessment import content
from bot.assessment.features import Signs
from bot.assessment.model import Verdict
from knowledge_base.search import Hit

# Chosen by looking at what they cost in misses and false alarms; docs/evaluation.md has today's figures and our aims.
SCAM_AT = 0.80
SUSPICIOUS_AT = 0.50
UNCLEAR_AT = 0.35
LIKELY_AT = 0.5  # with a hard sign, from here on the person is told to stop
NEAR = 0.5  # cosine; a judgement: below it the nearest saying explains nothing to the person
POSSIBLE_AT = 0.25  # with a hard sign, or two others, the model only has to find it possible
RETRIEVAL_SHARE = 0.35  # of the type decision, beside the type model
PASSAGE_DISCOUNT = 0.92  # one passage alone is a little less sure than the whole text
TOO_SHORT = 5  # characters; less tells too little to judge
BRIEF = 12  # characters; a sign in so few words is a reason to ask or to warn, not to be sure
# A text that only speaks about scams: from which probability on, alone and together with the rules' patterns
# (held-out bulletins: below 0.5 % of scam texts are taken for one).
WARNING_AT, WARNING_WITH_SIGNS = 0.3, 0.1
QUESTION_AT, QUESTION_WITH_SIGNS = 0.5, 0.15
About = Literal["warning", "question", ""]
PAYABLE = frozenset({"bank_card", "mobile", "overseas_phone", "wechat_id", "qq_id"})
VAGUE = frozenset({"add_private"})  # signs that mean nothing by themselves
ASKS_UP_TO = 40  # characters of a text that may hold nothing but a question
UNSIGNED_SCAM_AT, UNSIGNED_SUSPICIOUS_AT = 0.92, 0.62  # for a text without any sign to quote
OFFICIAL_UP_TO = 60  # characters of a text that may be only about an official number or link


def combine(scores: Sequence[float], *, whole_first: bool) -> tuple[float, int]:
    """Return the text's probability and the number of the piece that decides it.

    ``scores[0]`` is the whole text when ``whole_first``; one telling passage counts almost as much.
    """
    if not whole_first:
        return scores[0], 0
    best = max(range(1, len(scores)), key=lambda at: scores[at])
    passage = scores[best] * PASSAGE_DISCOUNT
    blended = 0.5 * scores[0] + 0.5 * passage
    probability = max(scores[0], blended)
    return probability, best


def about(signs: Signs, warning: float, question: float) -> About:
    """Return what a text that only speaks about scams is, "" for all others.

    ``warning`` and ``question`` are the scorer's probabilities; the rules' patterns alone are too easily quoted.
    """
    if warning >= WARNING_AT or (signs.propaganda >= 2 and warning >= WARNING_WITH_SIGNS):
        return "warning"
    if question >= QUESTION_AT or (signs.question and question >= QUESTION_WITH_SIGNS):
        return "question"
    return ""


def verdict(
    text: str, signs: Signs, probability: float, nearest: float, speaks_about: About
) -> tuple[Verdict, float]:
    """Return the verdict on a normalised text, and its probability after the signs had their say.

    ``nearest`` is the cosine of the nearest scam saying.
    """
    hard = sum(flag.hard for flag in signs.flags)
    warns = bool(speaks_about)
    if hard and not warns:
        # A hard sign alone is reason to stop (domain-facts 5.3), but words can also be quoted: the model has to
        # find it at least possible.
        floor = SCAM_AT if hard > 1 or probability >= LIKELY_AT else SUSPICIOUS_AT
        if probability >= POSSIBLE_AT:
            probability = max(probability, floor)
    probability = min(probability, _ceiling(signs, speaks_about))
    if not {flag.id for flag in signs.flags} - VAGUE and nearest < NEAR:
        # "Stop now" has to be explained: by words to quote, or by a saying that is really near.
        probability = min(probability, SCAM_AT - 0.01)
    odd = any(found.odd in ("prefixed", "fake_channel") for found in signs.found)
    if odd:
        probability = max(probability, SUSPICIOUS_AT)
    official = any(found.odd == "official" for found in signs.found)
    if (
        official
        and not odd
        and probability < SUSPICIOUS_AT
        and len(text) <= OFFICIAL_UP_TO
        and not signs.flags
    ):
        return Verdict.OFFICIAL, probability
    soft = {flag.id for flag in signs.flags} - VAGUE
    if len(soft) >= 2 and not warns and probability >= POSSIBLE_AT:
        probability = max(probability, SUSPICIOUS_AT)  # two signs together are more than either alone
    if tells_too_little(text) and not (hard and probability >= SCAM_AT):
        return (Verdict.SUSPICIOUS, probability) if odd else (Verdict.UNCLEAR, probability)
    if is_brief(text) and not hard:
        vague = {flag.id for flag in signs.flags} <= VAGUE
        return (Verdict.UNCLEAR if vague or probability < SUSPICIOUS_AT else Verdict.SUSPICIOUS), probability
    # A text that shows no sign at all has to be much more like a scam before anybody is alarmed.
    shown = bool(signs.flags) or _bait(signs)
    if probability >= (SCAM_AT if shown else UNSIGNED_SCAM_AT):
        return Verdict.SCAM, probability
    if probability >= (SUSPICIOUS_AT if shown else UNSIGNED_SUSPICIOUS_AT):
        return Verdict.SUSPICIOUS, probability
    # An account to pay into is never waved through: who it belongs to is worth a question.
    payee = any(found.kind == "bank_card" for found in signs.found)
    if probability >= UNCLEAR_AT or payee or (len(soft) >= 2 and not warns):
        return Verdict.UNCLEAR, probability
    return Verdict.NO_KNOWN_RISK, probability


def _ceiling(signs: Signs, speaks_about: About) -> float:
    """Return how sure one may be at most of texts that speak about scams rather than being one.

    Only without anything to pay into or to call: a swindler can also quote a warning. With a hard sign the person
    is still warned, but not told that this is a scam.
    """
    if _bait(signs) or not speaks_about:
        return 1.0
    if any(flag.hard for flag in signs.flags) and speaks_about == "question":
        return SCAM_AT - 0.01
    return UNCLEAR_AT - 0.01


def _bait(signs: Signs) -> bool:
    """Tell whether there is something to pay into, to write to, or a number or link that is not what it seems."""
    return any(
        found.kind in PAYABLE or found.odd for found in signs.found if found.odd not in ("official", "plain")
    )


def nearest_scam(hits: Sequence[Hit]) -> float:
    """Return the cosine of the nearest scam saying among ``hits``, 0 when there is none."""
    return max((hit.score for hit in hits if hit.phrase.scam), default=0.0)


def tells_too_little(text: str) -> bool:
    """Tell texts that only ask for help, or hold nothing but a number or a link."""
    bare = _link().sub("", text).strip()
    return _letters(bare) < TOO_SHORT or (len(bare) <= ASKS_UP_TO and _asks_only().match(bare) is not None)


def is_brief(text: str) -> bool:
    """Tell texts of a few words."""
    return _letters(text) < BRIEF


def _letters(text: str) -> int:
    return len(re.sub(r"\W|_", "", text))


@cache
def _asks_only() -> re.Pattern[str]:
    return re.compile(content.load("assessment")["asks_only"])


@cache
def _link() -> re.Pattern[str]:
    return re.compile(content.load("entities")["patterns"]["link"])
