"""WeChat's mass messages (platform rules 1.7): by a list of people, by tag, to all; preview, state, deletion.

All raise as ``Api.post``. ``clientmsgid`` keeps a repetition from being sent twice: WeChat then names the first one
(45065), which counts as success here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from channels.broadcast import FEWEST_PEOPLE, MOST_PEOPLE, Content, MassState
from channels.wechat import letters
from channels.wechat.api import Answer, Api
from channels.wechat.errors import ApiError, BadAnswer

SEND = "/cgi-bin/message/mass/"
ALREADY = 45065
STATES = {
    "SEND_SUCCESS": MassState.SENT,
    "SENDING": MassState.SENDING,
    "SEND_FAIL": MassState.FAILED,
    "DELETE": MassState.DELETED,
}


async def to_people(api: Api, openids: Sequence[str], content: Content, key: str) -> tuple[str, bool]:
    """Return the message's number, and whether it had been sent before. Raises ``ValueError`` for too few or many."""
    if not FEWEST_PEOPLE <= len(openids) <= MOST_PEOPLE:
        raise ValueError(f"a list has {FEWEST_PEOPLE} to {MOST_PEOPLE} people")
    return await _submit(api, "send", {"touser": list(openids), **_body(content), "clientmsgid": key})


async def to_tag(api: Api, tag: int, content: Content, key: str) -> tuple[str, bool]:
    """Send to everybody with a tag; else as ``to_people``."""
    chosen = {"is_to_all": False, "tag_id": tag}
    return await _submit(api, "sendall", {"filter": chosen, **_body(content), "clientmsgid": key})


async def to_all(api: Api, content: Content, key: str) -> tuple[str, bool]:
    """Send to every follower, once the admin agrees (30 minutes); else as ``to_people``."""
    return await _submit(
        api, "sendall", {"filter": {"is_to_all": True}, **_body(content), "clientmsgid": key}
    )


async def state(api: Api, number: str) -> MassState:
    """Return what WeChat says of a message."""
    answer = await api.post(SEND + "get", {"msg_id": number})
    found = STATES.get(str(answer.get("msg_status")))
    if found is None:
        raise BadAnswer(200)
    return found


async def delete(api: Api, number: str) -> None:
    """Delete the page of an article; WeChat takes nothing back from phones."""
    await api.post(SEND + "delete", {"msg_id": int(number), "article_idx": 0})


async def preview(api: Api, openid: str, content: Content) -> None:
    """Show a message to one follower; at most 100 a day."""
    await api.post(SEND + "preview", {"touser": openid, **_body(content)})


async def _submit(api: Api, how: str, body: Mapping[str, object]) -> tuple[str, bool]:
    try:
        return _number(await api.post(SEND + how, body)), False
    except ApiError as error:
        if error.code == ALREADY and error.number:
            return error.number, True
        raise


def _body(content: Content) -> dict[str, object]:
    if content.draft:
        return {"msgtype": "mpnews", "mpnews": {"media_id": content.draft}, "send_ignore_reprint": 0}
    return {"msgtype": "text", "text": {"content": letters.fitting(letters.harmless(content.text))}}


def _number(answer: Answer) -> str:
    number = answer.get("msg_id")
    if not isinstance(number, int | str) or not str(number):
        raise BadAnswer(200)
    return str(number)
