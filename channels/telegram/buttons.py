"""What a button sends back, in at most 64 bytes of ``callback_data``.

Most payloads fit as they are. The long ones are those of guided conversations; they have a short form that can be read
back without keeping anything: a table would have to be kept as long as the message stays in people's chats, which is
for ever. What fits in neither form becomes a numbered line (``letters.py``): the gateway knows the last numbers shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST_BYTES = 64
REST = re.compile(r"[a-z0-9_:]{1,62}")


def packed(payload: str, short: Mapping[str, tuple[str, str]]) -> str | None:
    """Return the callback data for ``payload``, None when no form of it fits."""
    for letter, (before, after) in short.items():
        rest = payload.removeprefix(before).removesuffix(after)
        if payload == f"{before}{rest}{after}" and REST.fullmatch(rest):
            return f"{letter}:{rest}"
    fits = payload.startswith("/") and len(payload.encode("utf-8", "replace")) <= MOST_BYTES
    return payload if fits else None


def unpacked(data: str, short: Mapping[str, tuple[str, str]]) -> str:
    """Return the payload of callback data; what is none of ours comes back as it is, for the allow-list to refuse."""
    letter, colon, rest = data.partition(":")
    if colon and letter in short and REST.fullmatch(rest):
        before, after = short[letter]
        return f"{before}{rest}{after}"
    return data
