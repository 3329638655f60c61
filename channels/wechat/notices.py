"""WeChat's subscription notices (platform rules 1.6): one grant of the person, one notice."""

from __future__ import annotations

from collections.abc import Mapping

from channels.wechat.api import Api

MOST_THING = 20  # characters of a ``thing`` field


async def send(api: Api, openid: str, template: str, fields: Mapping[str, str], page: str = "") -> None:
    """Send a notice; ``page``: the address that a tap opens. Raises as ``Api.post``; 43101 when no grant is left."""
    data = {name: {"value": value} for name, value in fields.items()}
    body: dict[str, object] = {"touser": openid, "template_id": template, "data": data}
    if page:
        body["page"] = page
    await api.post("/cgi-bin/message/subscribe/bizsend", body)
