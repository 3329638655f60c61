"""What an answer says about the person's subscription, noted in the transaction that writes the answer."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from channels.chat import Said
from channels.people import Person
from channels.subscribing import Subscribing


def noted(connection: Connection, subscribing: Subscribing, who: Person, said: Said, now: float) -> Said:
    """Note a no or a wish; returns the answer with its confirmation. ``now``: Unix seconds."""
    replies = said.turn.replies
    if said.leave:
        replies = (subscribing.leave(connection, who, now), *replies)
    if said.wishes and said.talk is not None:
        told = subscribing.obey(connection, who, said.wishes, said.talk.script, now)
        replies = (*replies, *said.in_her_script(told))
    return replace(said, turn=replace(said.turn, replies=replies))
