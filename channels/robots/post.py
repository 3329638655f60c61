"""Put a notice into the outbox for robots: from there it is sent once, at the platform's pace, across restarts.

A robot has a row in ``person`` like everybody who is written to; its name is account and address, and no person's.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from channels import people, posting
from channels.base import Inbound
from channels.keys import Keys
from channels.robots.adapter import NAME
from channels.robots.robot import Notice
from channels.sizes import cut


def post(connection: Connection, keys: Keys, robots: Sequence[str], notice: Notice, now: float) -> int:
    """Store ``notice`` for each robot, in messages of the size their platforms take; returns how many messages.

    Raises ``ValueError`` for a notice without text. A running gateway sends what is stored. Blocks on the database.
    """
    if not notice.text.strip():
        raise ValueError("a notice needs a text")
    pieces = [Notice(text, notice.title, notice.markdown) for text in cut(notice.text, notice.most)]
    for name in robots:
        owner = keys.owner(NAME, name, name)
        met = people.meet(connection, keys, Inbound(NAME, name, account=name), owner, now)
        replies = [(piece.reply(), False) for piece in pieces]
        posting.add(connection, keys, met.id, replies, now, now, author="operator")
    return len(pieces) * len(robots)
