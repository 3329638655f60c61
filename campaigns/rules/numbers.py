"""Numbers that could be dialled, and links: only what contacts.yml shows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

from campaigns.context import Context
from campaigns.document import Campaign
from campaigns.finding import Book, Finding
from campaigns.rules.pieces import Piece, pieces
from knowledge_base.contacts import Contacts
from knowledge_base.lint import _diallable


def rules(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    """Yield every number and link that is not official, and any link at all in an SMS."""
    for piece in pieces(campaign):
        plain = unicodedata.normalize("NFKC", piece.text)
        yield from _numbers(piece, plain, context.contacts, book)
        yield from _links(piece, plain, context.contacts, book)


def _numbers(piece: Piece, plain: str, contacts: Contacts, book: Book) -> Iterator[Finding]:
    without_dates = book.patterns["date"].sub(" ", plain)
    for pattern in (_diallable(), book.patterns["long_number"]):
        for found in pattern.finditer(without_dates):
            if contacts.by_number(found.group(0)) is None:
                yield book.finding("number_unknown", piece.place, found.group(0))


def _links(piece: Piece, plain: str, contacts: Contacts, book: Book) -> Iterator[Finding]:
    for found in book.patterns["link"].finditer(plain):
        link = found.group(0)
        if piece.kind == "sms":
            yield book.finding("link_in_sms", piece.place, link)
        host = _host(link)
        if not host or contacts.by_domain(host) is None:
            yield book.finding("link_unknown", piece.place, link)


def _host(link: str) -> str:
    """Return the host a link leads to; empty when it is none of the web's or cannot be read."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        return (parts.hostname or "") if parts.scheme.lower() in {"http", "https"} else ""
    except ValueError:
        return ""
