"""What an operator sets up once at WeCom: the menu; and whether the app works at all."""

from __future__ import annotations

from channels.wechat.admin import menu_of
from channels.wechat.errors import ApiError, NoToken, Table
from channels.wechat.words import Words
from channels.wecom.api import CorpApi


async def put_menu(api: CorpApi, words: Words, agent_id: int) -> None:
    """Replace the app's menu. Raises as ``Api.post``."""
    await api.post("/cgi-bin/menu/create", menu_of(words), agentid=str(agent_id))


async def check(api: CorpApi, table: Table) -> str | None:
    """Return what an operator must mend before WeCom talks to us, None when it does."""
    try:
        await api.check()
    except (ApiError, NoToken) as error:
        return told(error.code, table)
    return None


def told(code: int, table: Table) -> str:
    """Return what an operator reads for an error code; 0: no answer."""
    meaning = table.get(code)
    if meaning is not None and meaning.tell:
        return meaning.tell
    return f"WeCom answered {code}" if code else "WeCom's API cannot be reached"
