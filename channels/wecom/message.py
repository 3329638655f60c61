"""The body of an app message."""

from __future__ import annotations

from channels.base import Outgoing
from channels.wechat.letters import article_of, fitting, harmless

# WeCom drops a request whose JSON it has seen within the interval, by default 1800 s, and says that it was sent.
# A repetition of ours is the same request and is dropped; that covers the retries of the first minutes. But two
# answers with the same words would be dropped too, so the interval is taken from the message's key: their JSON differs.
SHORTEST_SECONDS, SPREAD_SECONDS = 300, 600


def body_of(outgoing: Outgoing, agent_id: int) -> dict[str, object]:
    """Return the JSON of ``/cgi-bin/message/send``; the same for every attempt of one message."""
    head: dict[str, object] = {
        "touser": outgoing.address,
        "agentid": agent_id,
        "safe": 0,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": SHORTEST_SECONDS + int(outgoing.key, 16) % SPREAD_SECONDS,
    }
    article = article_of(outgoing.reply)
    if article is not None:
        shown = {name: article[name] for name in ("title", "description", "url")}
        return {
            **head,
            "msgtype": "news",
            "news": {"articles": [{**shown, "picurl": article["image"]}]},
        }
    text = fitting(harmless(outgoing.reply.text))
    return {**head, "msgtype": "text", "text": {"content": text}}
