"""What the platforms, as they are set up here, do not allow.

Template messages are no route at all: WeChat allows them for service notices only (platform rules, 1.6).
"""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.context import Context
from campaigns.document import Campaign, Kind, Route
from campaigns.finding import Book, Finding

WECHAT = frozenset({Route.WECHAT_MASS, Route.WECHAT_SERVICE, Route.WECHAT_NOTICE, Route.WECHAT_DRAFT})
VERIFIED_ONLY = WECHAT - {Route.WECHAT_DRAFT}


def rules(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    """Yield routes that cannot be used."""
    routes = set(campaign.routes)
    if WECHAT & routes and not context.wechat:
        yield book.finding("wechat_not_set_up", "routes", "、".join(sorted(WECHAT & routes)))
    if context.wechat == "unverified":
        for route in sorted(VERIFIED_ONLY & routes):
            yield book.finding("wechat_unverified", "routes", route)
    if Route.WECHAT_NOTICE in routes and context.wechat == "subscription":
        yield book.finding("notice_needs_service_account", "routes")
    if Route.WECHAT_NOTICE in routes and context.wechat and not context.notices:
        yield book.finding("notice_not_set_up", "routes")
    if Route.WECHAT_SERVICE in routes and campaign.kind is not Kind.FLASH:
        yield book.finding("service_only_for_flash", "routes")
    if {Route.WECHAT_MASS, Route.WECHAT_DRAFT} <= routes:
        yield book.finding("sent_twice", "routes")
    yield from _robots(campaign, context, book)


def _robots(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    if Route.ROBOT not in campaign.routes:
        if campaign.robots:
            yield book.finding("robots_without_route", "robots")
        return
    if not context.robots:
        yield book.finding("robots_not_set_up", "routes")
        return
    if not campaign.robots:
        yield book.finding("robots_not_named", "robots", "、".join(sorted(context.robots)))
    for number, name in enumerate(campaign.robots):
        if name not in context.robots:
            yield book.finding("robot_unknown", f"robots.{number}", name)
