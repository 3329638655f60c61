"""WeChat's tags of followers (platform rules 1.9): 100 of an account, 20 of a person, 50 people a call.

All raise as ``Api.post``.
"""

from __future__ import annotations

from collections.abc import Sequence

from channels.broadcast import MOST_TAGGED, Tag
from channels.wechat import admin
from channels.wechat.api import Api
from channels.wechat.errors import ApiError, BadAnswer

NAME_TAKEN = 45157


async def make(api: Api, name: str) -> int:
    """Return the number of the tag of this name, made when there is none. Raises ``ValueError`` for a bad name."""
    try:
        return await admin.make_tag(api, name)
    except ApiError as error:
        if error.code != NAME_TAKEN:
            raise
        for tag in await every(api):
            if tag.name == name:
                return tag.number
        raise


async def every(api: Api) -> tuple[Tag, ...]:
    """Return the account's tags."""
    answer = await api.get("/cgi-bin/tags/get")
    try:
        return tuple(Tag(int(tag["id"]), str(tag["name"]), int(tag["count"])) for tag in answer["tags"])
    except (KeyError, TypeError, ValueError):
        raise BadAnswer(200) from None


async def give(api: Api, number: int, openids: Sequence[str], on: bool) -> None:
    """Give a tag to followers, or take it from them. Raises ``ValueError`` for too many."""
    if not 1 <= len(openids) <= MOST_TAGGED:
        raise ValueError(f"1 to {MOST_TAGGED} people a call")
    how = "batchtagging" if on else "batchuntagging"
    await api.post(f"/cgi-bin/tags/members/{how}", {"openid_list": list(openids), "tagid": number})


async def delete(api: Api, number: int) -> None:
    """Delete a tag."""
    await api.post("/cgi-bin/tags/delete", {"tag": {"id": number}})
