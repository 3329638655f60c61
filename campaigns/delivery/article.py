"""The words of a campaign as WeChat takes them: an article for the draft box, or a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from campaigns.document import Article as Words
from campaigns.document import Campaign, Texts
from campaigns.words import article_html
from channels.base import Outcome
from channels.broadcast import MOST_COVER, Article, Broadcaster, Content, Said

# Returns the picture of a variant's article, None when the campaign has none.
Cover = Callable[[Campaign, str], bytes | None]
NO_PICTURE = "picture missing"


async def draft(account: Broadcaster, words: Words, picture: bytes | None) -> Said[str]:
    """Put an article into the draft box, its cover first; returns the draft's name."""
    if picture is None:
        return Said(Outcome.REJECTED, cause=NO_PICTURE)
    cover = await account.cover(picture)
    if not cover.done or cover.value is None:
        return cover
    return await account.add_draft(Article(words.title, words.digest, article_html(words), cover.value))


async def content(account: Broadcaster, texts: Texts, picture: bytes | None) -> Said[Content]:
    """Return what is sent: the article when there is one, else the message."""
    if texts.article is None:
        return Said(Outcome.SENT, Content(text=texts.message))
    made = await draft(account, texts.article, picture)
    value = Content(draft=made.value) if made.value else None
    return Said(made.outcome, value, made.cause, made.after)


def faults(campaign: Campaign, cover: Cover) -> Iterator[str]:
    """Yield what is missing for WeChat, by code: words, or the picture of an article."""
    for variant in campaign.variants:
        if variant.texts.article is None:
            if not variant.texts.message:
                yield "wechat_text_missing"
            continue
        picture = cover(campaign, variant.key)
        if picture is None:
            yield "wechat_picture_missing"
        elif len(picture) > MOST_COVER:
            yield "wechat_picture_too_large"
