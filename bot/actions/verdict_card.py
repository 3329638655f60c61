"""An assessment as the card of the page, and as a few lines for channels without cards."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from bot.actions import content
from bot.actions.guide_card import contact_cards
from bot.actions.reply import lines, shorten
from bot.assessment.model import Assessment, RedFlag, Verdict
from knowledge_base.contacts import Contacts

# Of a long text only the surroundings of its red flags are repeated (characters).
LONGEST_SHOWN = 1200
AROUND = 60


def verdict_card(
    assessment: Assessment, text: str, contacts: Contacts, final: bool = False
) -> dict[str, Any]:
    """Return the card for the assessment of ``text``; all strings are from YAML or the text."""
    words = wording(assessment, final)
    return {
        "kind": "verdict",
        "verdict": str(assessment.verdict),
        "label": words["label"],
        "headline": headline(assessment, final),
        "action": words["action"],
        "segments": segments(text, assessment.red_flags),
        "flags": [{"id": flag.id, "label": flag.label, "quote": flag.quote} for flag in assessment.red_flags],
        "scam_type": scam_type(assessment),
        "stage": assessment.stage.label if assessment.stage else None,
        "stage_text": assessment.stage.text if assessment.stage else None,
        "next_move": assessment.next_move,
        "honest_version": assessment.honest_version,
        "answer": assessment.answer,
        "bulletins": [
            {"id": b.id, "title": b.title, "issuer": b.issuer, "published": b.published, "source": b.source}
            for b in assessment.bulletins
        ],
        "advice": list(assessment.advice),
        "ask_back": list(assessment.ask_back),
        "entities": [{"kind": e.kind, "text": e.text, "note": e.note} for e in assessment.entities],
        "contacts": contact_cards(words["contacts"], contacts),
        "notice": words["notice"],
    }


def verdict_text(assessment: Assessment, final: bool = False) -> str:
    """Return the verdict in at most 300 characters: what it is, what to do, which words gave it away."""
    words = content.load("verdict")
    said = wording(assessment, final)
    quotes = [
        words["quote_line"].format(quote=shorten(flag.quote, 40), label=flag.label)
        for flag in assessment.red_flags[:2]
    ]
    return lines(
        [
            said["label"],
            headline(assessment, final),
            assessment.answer,
            said["action"],
            *quotes,
            said["notice"],
        ]
    )


def wording(assessment: Assessment, final: bool) -> dict[str, Any]:
    """Return the sentences of verdict.yml; ``final``: the questions were asked already."""
    unclear = final and assessment.verdict is Verdict.UNCLEAR
    words: dict[str, Any] = content.load("verdict")
    if assessment.about and assessment.verdict is Verdict.NO_KNOWN_RISK:
        spoken: dict[str, Any] = words["about"][assessment.about]
        return spoken
    table: dict[str, dict[str, Any]] = words["verdicts"]
    return table["still_unclear" if unclear else str(assessment.verdict)]


def headline(assessment: Assessment, final: bool = False) -> str:
    """Return the one-sentence finding, naming the scam type when there is one."""
    words = wording(assessment, final)
    name = _type_name(assessment)
    return str(
        words["headline"].format(type=name) if name else words.get("headline_without_type", words["headline"])
    )


def scam_type(assessment: Assessment) -> dict[str, Any] | None:
    """Return id, name and probability of the most likely type, or None."""
    if assessment.scam_type is None or not (name := _type_name(assessment)):
        return None
    probability = next(
        (c.probability for c in assessment.candidates if c.scam_type == assessment.scam_type),
        assessment.probability,
    )
    return {"id": assessment.scam_type, "name": name, "probability": round(probability, 3)}


def segments(text: str, flags: tuple[RedFlag, ...]) -> list[dict[str, Any]]:
    """Cut the text at all flag borders; joined, the pieces give the text (long ones with "…")."""
    spans = [(f.start, f.end, f.id) for f in flags if 0 <= f.start < f.end <= len(text)]
    borders = sorted({0, len(text), *(start for start, _, _ in spans), *(end for _, end, _ in spans)})
    pieces = [
        {
            "text": text[left:right],
            "flags": list(dict.fromkeys(i for s, e, i in spans if s <= left and right <= e)),
        }
        for left, right in itertools.pairwise(borders)
    ]
    return pieces if len(text) <= LONGEST_SHOWN else list(_abridged(pieces))


def _abridged(pieces: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for piece in pieces:
        plain = piece["text"]
        if piece["flags"] or len(plain) <= 2 * AROUND:
            yield piece
        else:
            yield {"text": f"{plain[:AROUND]}…{plain[-AROUND:]}", "flags": []}


def _type_name(assessment: Assessment) -> str | None:
    if assessment.scam_type in content.load("verdict")["unnamed_types"]:
        return None
    if assessment.scam_type_name:
        return assessment.scam_type_name
    return next((c.name for c in assessment.candidates if c.scam_type == assessment.scam_type), None)
