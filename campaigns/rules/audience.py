"""Who is meant: words that nobody has, conditions that mean nobody or everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from campaigns.audience import ROUTES_OF_CHANNELS
from campaigns.context import Context
from campaigns.document import Campaign
from campaigns.finding import Book, Finding
from channels.consent import AGES, LANGUAGES, MINORS, ROLES


def rules(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    """Yield what is wrong with the audience."""
    rule = campaign.audience
    if not rule.everyone and not rule.limited:
        yield book.finding("audience_empty", "audience")
    if rule.everyone and rule.limited:
        yield book.finding("audience_contradicts", "audience")
    elif rule.everyone:
        yield book.finding("audience_everyone", "audience.everyone")
    known: tuple[tuple[str, tuple[str, ...], Collection[str]], ...] = (
        ("roles", rule.roles, ROLES - {""}),
        ("ages", rule.ages, AGES - {""}),
        ("languages", rule.languages, LANGUAGES),
        ("channels", rule.channels, ROUTES_OF_CHANNELS.keys()),
        ("topics", rule.topics, context.topics),
    )
    for name, words, allowed in known:
        for word in words:
            if word not in allowed:
                yield book.finding("audience_word_unknown", f"audience.{name}", word)
    if set(rule.ages) & MINORS:
        yield book.finding("audience_minors", "audience.ages")
    for channel in rule.channels:
        routes = ROUTES_OF_CHANNELS.get(channel)
        if routes is not None and not set(routes) & set(campaign.routes):
            yield book.finding("channel_without_route", "audience.channels", channel)
