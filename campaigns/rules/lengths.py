"""Are the texts there that the routes need, and do they fit?

The limits stand in lint.yml, with where each comes from (the platforms' rules; 公益屏 and SMS: the seeds).
"""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.context import Context
from campaigns.document import Campaign, Route, Texts, Variant
from campaigns.finding import Book, Finding

NEEDED: dict[str, frozenset[Route]] = {
    "message": frozenset({Route.WECHAT_SERVICE, Route.TELEGRAM, Route.WECOM, Route.DINGTALK, Route.FEED}),
    "article": frozenset({Route.WECHAT_MASS, Route.WECHAT_DRAFT}),
    "notice": frozenset({Route.WECHAT_NOTICE}),
    "robot": frozenset({Route.ROBOT}),
    "banner": frozenset({Route.BANNER}),
}
IN_BYTES = frozenset({Route.WECHAT_SERVICE, Route.WECOM})  # the same 2048 bytes on both


def rules(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    """Yield what is missing or too long."""
    for variant in campaign.variants:
        place = f"variants.{variant.key}"
        yield from _missing(campaign, variant, place, book)
        yield from _too_long(campaign, variant.texts, place, book)
        yield from _article(variant.texts, place, book)
    yield from _picture(campaign, context, book)


def size_bytes(text: str) -> int:
    """Return the length in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def size_utf16(text: str) -> int:
    """Return the length in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _missing(campaign: Campaign, variant: Variant, place: str, book: Book) -> Iterator[Finding]:
    for field, routes in NEEDED.items():
        text = getattr(variant.texts, field)
        needing = [route for route in campaign.routes if route in routes]
        if needing and (not text or (isinstance(text, str) and not text.strip())):
            yield book.finding("text_missing", f"{place}.{field}", "、".join(needing))
    if Route.EXPORT in campaign.routes and not (variant.texts.sms.strip() or variant.texts.screen.strip()):
        yield book.finding("text_missing", f"{place}.sms", Route.EXPORT)


def _too_long(campaign: Campaign, texts: Texts, place: str, book: Book) -> Iterator[Finding]:
    sizes = {name: len(getattr(texts, name)) for name in ("notice", "sms", "screen", "banner")}
    if IN_BYTES & set(campaign.routes):
        sizes["message_bytes"] = size_bytes(texts.message)
    if Route.TELEGRAM in campaign.routes:
        sizes["message_utf16"] = size_utf16(texts.message)
    sizes["robot_bytes"] = size_bytes(texts.robot)
    for name, size in sizes.items():
        if size > book.limits[name]:
            yield book.finding(f"{name}_too_long", f"{place}.{name.split('_')[0]}", _over(size, book, name))
    if texts.sms and not book.patterns["signature"].match(texts.sms):
        yield book.finding("sms_without_signature", f"{place}.sms")


def _article(texts: Texts, place: str, book: Book) -> Iterator[Finding]:
    article = texts.article
    if article is None:
        return
    if not article.title.strip() or not article.body.strip():
        yield book.finding("article_empty", f"{place}.article")
    sizes = {"title": len(article.title), "digest": len(article.digest), "body": len(article.body)}
    for name, size in sizes.items():
        if size > book.limits[f"article_{name}"]:
            over = _over(size, book, f"article_{name}")
            yield book.finding("article_too_long", f"{place}.article.{name}", over)
    if book.limits["article_title_shown"] < sizes["title"] <= book.limits["article_title"]:
        over = _over(sizes["title"], book, "article_title_shown")
        yield book.finding("article_title_cut_off", f"{place}.article.title", over)


def _picture(campaign: Campaign, context: Context, book: Book) -> Iterator[Finding]:
    if campaign.picture is None:
        return
    if campaign.picture.template not in context.templates:
        yield book.finding("template_unknown", "picture.template", campaign.picture.template)
    sizes = {"headline": len(campaign.picture.headline), "footer": len(campaign.picture.footer)}
    for name, size in sizes.items():
        if size > book.limits[f"picture_{name}"]:
            yield book.finding(
                "picture_text_too_long", f"picture.{name}", _over(size, book, f"picture_{name}")
            )
    for number, line in enumerate(campaign.picture.lines):
        if len(line) > book.limits["picture_line"]:
            over = _over(len(line), book, "picture_line")
            yield book.finding("picture_text_too_long", f"picture.lines.{number}", over)


def _over(size: int, book: Book, name: str) -> str:
    return f"{size} > {book.limits[name]}"
