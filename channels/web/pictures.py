"""The web channel's second door: a picture in a form. The answers are those of the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from channels.base import Asset, Contract, Inbound, Refuse
from channels.forms import read_form
from channels.web.adapter import WebChannel
from channels.web.messages import SESSION_ID, ChatAnswer

FIELDS = frozenset({"session_id", "file"})
SCHEMA = {
    "type": "object",
    "properties": {
        "session_id": {"type": "string", "minLength": 1, "maxLength": SESSION_ID},
        "file": {"type": "string", "format": "binary", "description": "PNG, JPEG, WebP, BMP or GIF, 8 MB"},
    },
    "required": sorted(FIELDS),
}


class PictureDoor(WebChannel):
    """Takes a picture of a conversation; whose it is and where it comes from is told as for texts."""

    path = "/api/v1/chat/image"

    def __init__(self) -> None:
        self.contract = Contract(
            "Send one picture of a conversation", SCHEMA, ChatAnswer.model_json_schema(), upload=True
        )

    def parse(self, headers: Mapping[str, str], body: bytes) -> Inbound:
        """Return the message. Raises ``Refuse``."""
        form = read_form(headers, body, FIELDS)
        try:
            session = form["session_id"].decode("utf-8")
        except UnicodeDecodeError:
            raise Refuse("body_not_utf8", 400) from None
        if not 1 <= len(session) <= SESSION_ID:
            raise Refuse("field_wrong_type")
        if not form["file"]:
            raise Refuse("picture_empty")
        return Inbound(self.name, session, picture=form["file"])

    def assets(self) -> Sequence[Asset]:
        """Return nothing: the first door has the page."""
        return ()


def build() -> PictureDoor:
    """Return the channel."""
    return PictureDoor()
