"""Every text of a document that somebody else than the operators reads, with its place and kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from campaigns.document import Campaign, Texts

SINGLE_LINE = frozenset({"title", "digest", "notice", "sms", "screen", "banner", "picture"})


@dataclass(frozen=True, slots=True)
class Piece:
    """``place`` is its field in the document; ``kind`` one of the fields of ``Texts``, or title, digest, picture."""

    place: str
    kind: str
    text: str


def pieces(campaign: Campaign) -> Iterator[Piece]:
    """Yield what is not empty."""
    found = [Piece("title", "title", campaign.title)]
    for variant in campaign.variants:
        found += _of(f"variants.{variant.key}", variant.texts)
    if campaign.picture is not None:
        picture = campaign.picture
        found.append(Piece("picture.headline", "picture", picture.headline))
        found += [Piece(f"picture.lines.{n}", "picture", line) for n, line in enumerate(picture.lines)]
        found.append(Piece("picture.footer", "picture", picture.footer))
    return (piece for piece in found if piece.text)


def _of(place: str, texts: Texts) -> list[Piece]:
    kinds = ("message", "notice", "robot", "sms", "screen", "banner")
    found = [Piece(f"{place}.{kind}", kind, getattr(texts, kind)) for kind in kinds]
    if texts.article is not None:
        found.append(Piece(f"{place}.article.title", "title", texts.article.title))
        found.append(Piece(f"{place}.article.digest", "digest", texts.article.digest))
        found.append(Piece(f"{place}.article.body", "article", texts.article.body))
    return found
