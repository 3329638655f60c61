"""Passive replies as XML, rendered with wechatpy behind our own escape (its CDATA can be broken out of)."""

from __future__ import annotations

import time

from wechatpy.replies import ArticlesReply, TextReply

from channels.base import Reply
from channels.wechat.fence import Fields
from channels.wechat.letters import article_of, fitting, harmless

END, ESCAPED = "]]>", "]]]]><![CDATA[>"


def passive(fields: Fields, reply: Reply) -> str:
    """Return the XML that answers the message in ``fields``: a text, or one article when the card is one."""
    head = {
        "source": escaped(fields.get("ToUserName")),
        "target": escaped(fields.get("FromUserName")),
        "time": int(time.time()),
    }
    article = article_of(reply)
    if article is None:
        return str(TextReply(content=escaped(fitting(harmless(reply.text))), **head).render())
    shown = [{name: escaped(value) for name, value in article.items()}]
    return str(ArticlesReply(articles=shown, **head).render())


def escaped(text: str) -> str:
    """Return ``text`` so that it stays inside its CDATA section."""
    return text.replace(END, ESCAPED)
