"""Facts need a source that may be shown; a technique that is warned of needs a bulletin that stands."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.context import Context
from campaigns.document import Campaign
from campaigns.finding import Book, Finding
from campaigns.rules.pieces import pieces
from knowledge_base.facts import SHOWABLE, Find

NEAR = 60  # characters; the words of the longest entry of facts.yml are shorter
MOST_FINDS = 20  # in one sentence; who writes more than that is asked for a source unseen


def rules(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    """Yield unknown and weak sources, and every figure, time limit and legal word that no source covers."""
    weak = False
    for number, code in enumerate(campaign.sources):
        if code not in context.sources:
            yield book.finding("source_unknown", f"sources.{number}", code)
        elif context.sources[code] not in SHOWABLE:
            weak = True
            yield book.finding("source_weak", f"sources.{number}", code)
    good = any(context.sources.get(code) in SHOWABLE for code in campaign.sources) and not weak
    for piece in pieces(campaign):
        for sentence in book.sentences(piece.text):
            for number, find in enumerate(_finds(sentence, context, book)):
                if number >= MOST_FINDS or not _covered(sentence, find, context):
                    code = "fact_not_in_list" if good else "fact_without_source"
                    yield book.finding(code, piece.place, find.words)


def bulletin_rules(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    """Yield bulletins that are unknown, withdrawn, or due for review."""
    for number, name in enumerate(campaign.bulletins):
        place = f"bulletins.{number}"
        if name not in context.bulletins:
            yield book.finding("bulletin_unknown", place, name)
        elif context.bulletins[name]:
            yield book.finding("bulletin_withdrawn", place, name)
        elif name in context.overdue:
            yield book.finding("bulletin_overdue", place, name)


def _covered(sentence: str, find: Find, context: Context) -> bool:
    """Tell whether the knowledge has a source for it; what stands far away in a long sentence cannot matter."""
    start, end = max(0, find.start - NEAR), find.end + NEAR
    near = Find(find.kind, find.words, find.start - start, find.end - start)
    return context.facts.covers(sentence[start:end], near) is not None


def _finds(sentence: str, context: Context, book: Book) -> Iterator[Find]:
    """Yield what the knowledge's own check looks for, and besides shares and dates; quoted and everyday words state nothing."""
    bare = book.patterns["everyday"].sub(lambda found: " " * len(found.group(0)), book.bare(sentence))
    bare = bare.translate({ord("“"): " ", ord("”"): " "})  # what is left of marks has no partner
    yield from context.facts.finds(bare)
    for kind in ("share", "year_or_day"):
        for found in book.patterns[kind].finditer(bare):
            yield Find(kind, found.group(0), found.start(), found.end())
