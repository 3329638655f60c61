"""The words of an assessment: advice, questions back, and the bulletin it rests on."""

from __future__ import annotations

import re

from bot.assessment import content
from bot.assessment.model import BulletinHit, Stage, Verdict
from knowledge_base.bulletin import Bulletin
from knowledge_base.search import Hit
from knowledge_base.shelf import Shelf

LATEST_FIRST = ("cover", "payment", "trust")
QUOTED = 80  # characters of the nearest saying that are shown


def advice(verdict: Verdict, about: str, bulletin: Bulletin | None) -> list[str]:
    """Return what to do, the most urgent first: the verdict's lines, then the bulletin's own."""
    words = content.load("assessment")
    lines = list(words["verdicts"][str(verdict)]["advice"])
    if verdict is Verdict.NO_KNOWN_RISK and about:
        lines.insert(0, words["about_advice"][about])
    if bulletin is not None:
        lines += [line for line in (*bulletin.advice.do, *bulletin.advice.verify) if line not in lines]
    return lines[:6]


def stage(text: str, bulletin: Bulletin) -> Stage:
    """Return the latest of the four stages whose words stand in the text; nobody writes of a later one first."""
    words = content.load("assessment")["stages"]
    name = next((name for name in LATEST_FIRST if re.search(words[name]["words"], text)), "hook")
    return Stage(name, words[name]["label"], getattr(bulletin.stages, name))


def answer(bulletin: Bulletin) -> str:
    """Return what a question about a technique is answered with: how it goes, and how the real thing looks."""
    return f"{bulletin.summary}{bulletin.honest_version}"


def ask_back(text: str) -> list[str]:
    """Return two to four questions whose answers the text does not hold yet."""
    words = content.load("assessment")
    open_ones = [
        question for key, question in words["ask_back"].items() if not re.search(words["answered"][key], text)
    ]
    rest = [question for question in words["ask_back"].values() if question not in open_ones]
    return [*open_ones, *rest][: max(2, min(4, len(open_ones)))]


def bulletin_hit(shelf: Shelf, hit: Hit) -> BulletinHit:
    """Return the bulletin behind a hit with who issued its source and when."""
    bulletin = shelf.bulletins[hit.phrase.owner]
    source = shelf.sources.get(bulletin.sources[0])
    return BulletinHit(
        bulletin.id,
        bulletin.title,
        source.issuer if source else bulletin.sources[0],
        bulletin.published.isoformat(),
        source.title if source else bulletin.sources[0],
        hit.phrase.text[:QUOTED],
        round(hit.score, 4),
    )
