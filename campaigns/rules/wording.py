"""Words that must not stand in a warning: scammers' words unmarked, promises, commands, hidden characters.

WeChat's review takes an article with a scammer's bare words for a fraud (err 20008), and a reader takes them for an
offer. So they stand in quotation marks, or the sentence warns of them. No judgement of the assistant's is used here:
a short list in lint.yml is enough, and the operators see each rule.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator

from campaigns.context import Context
from campaigns.document import Campaign
from campaigns.finding import Book, Finding
from campaigns.rules.pieces import SINGLE_LINE, Piece, pieces

HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def rules(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    """Yield what is wrong in the words."""
    found = list(pieces(campaign))
    for piece in found:
        yield from _hidden(piece, book)
        yield from _commands(piece, book)
        if piece.kind == "robot":
            yield from _joined(piece, book)
        yield from _phrases(piece, book)
        yield from _quotes(piece, campaign.quotes, book)
    for number, quote in enumerate(campaign.quotes):
        if quote.strip() and not any(quote in piece.text for piece in found):
            yield book.finding("quote_unused", f"quotes.{number}", quote)


def _hidden(piece: Piece, book: Book) -> Iterator[Finding]:
    text = piece.text if piece.kind in SINGLE_LINE else piece.text.replace("\n", "")
    if "\n" in text or "\r" in text:
        yield book.finding("line_break", piece.place)
    hidden = {one for one in text if unicodedata.category(one) in HIDDEN and one not in "\r\n"}
    if hidden or "\r" in piece.text:
        names = "、".join(f"U+{ord(one):04X}" for one in sorted(hidden or {"\r"}))
        yield book.finding("hidden_characters", piece.place, names)


def _commands(piece: Piece, book: Book) -> Iterator[Finding]:
    """Mentions, markup, formulas and templates; full-width forms of them are looked at too."""
    plain = unicodedata.normalize("NFKC", piece.text)
    for name in ("mention", "markup", "template"):
        for found in book.patterns[name].finditer(plain):
            yield book.finding("injection", piece.place, found.group(0).strip())
    if piece.kind != "article":  # there a line may be an item, and nothing opens it as a table
        for found in book.patterns["formula"].finditer(plain):
            yield book.finding("injection", piece.place, found.group(0).strip())


def _joined(piece: Piece, book: Book) -> Iterator[Finding]:
    """Lines that DingTalk would run together: its markdown needs a blank line, or an item, between them."""
    lines = [line.strip() for line in piece.text.split("\n")]
    for line, after in itertools.pairwise(lines):
        if line and after and not after.startswith("- "):
            yield book.finding("robot_lines_joined", piece.place, after[:12])


def _phrases(piece: Piece, book: Book) -> Iterator[Finding]:
    for code, patterns in book.phrases.items():
        for sentence in book.sentences(book.bare(piece.text)):
            for pattern in patterns:
                for found in pattern.finditer(sentence):
                    if not _warned_of(sentence[: found.start()], book):
                        yield book.finding(code, piece.place, found.group(0))


def _warned_of(before: str, book: Book) -> bool:
    """Tell whether what stands before a phrase warns of it, or refuses it in the same clause."""
    clause = book.patterns["clause_end"].split(before)[-1]
    return bool(book.patterns["warned"].search(before) or book.patterns["refused"].search(clause))


def _quotes(piece: Piece, quotes: tuple[str, ...], book: Book) -> Iterator[Finding]:
    bare = book.bare(piece.text)
    for quote in quotes:
        if quote.strip() and quote in bare:
            yield book.finding("quote_unmarked", piece.place, quote)
