"""The statements of ``channels/outbox.py`` that every message needs.

They are put together once, because that costs as much as their execution. Values: ``now`` (Unix seconds), ``who`` (a
person's number), ``message`` (an inbox number), ``holder`` (whose lease or request it is), ``ids`` (letters' numbers).
"""

from __future__ import annotations

from sqlalchemy import BindParameter, bindparam, select, update

from channels.transitions import State
from storage.tables import inbox, person
from storage.tables import outbox as table

PASSIVE, PUSH = "passive", "push"
_NOW: BindParameter[float] = bindparam("now")
_WHO: BindParameter[int] = bindparam("who")
_TOKEN: BindParameter[str] = bindparam("holder")
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
IN_TIME = table.c.until.is_(None) | (table.c.until > _NOW)
_QUEUED = (table.c.person_id == _WHO) & (table.c.state == State.QUEUED) & IN_TIME
WANTED = select(table).order_by(table.c.id).with_for_update()
NEXT = WANTED.where(_QUEUED)
ANSWER = NEXT.where(table.c.inbox_id == bindparam("message"))
HELD = NEXT.where(table.c.due_at.is_(None))
# What rode on an earlier request with the same message.
RODE = WANTED.where(
    (table.c.person_id == _WHO) & (table.c.rode_on == bindparam("message")) & (table.c.via == PASSIVE),
    (table.c.lease_token != _TOKEN) & table.c.state.in_([State.SENDING, State.SENT, State.UNKNOWN]),
)
NEWEST = select(inbox.c.carrier).where(inbox.c.id == bindparam("message")).with_for_update()
LEAVING = select(table.c.id).where(
    (table.c.person_id == _WHO) & (table.c.via == PUSH) & table.c.state.in_([State.CLAIMED, State.SENDING])
)
# What was tried before keeps its time: it may be the platform's.
HURRY = update(table).where(_QUEUED, table.c.due_at > _NOW, table.c.attempts == 0).values(due_at=_NOW)
RIDE = (
    update(table)
    .where(table.c.id.in_(_IDS))
    .values(state=State.SENDING, via=bindparam("ride"), lease_token=_TOKEN, lease_until=bindparam("over"))
    .values(attempts=table.c.attempts + 1, cause="", rode_on=bindparam("on"))
)
_BEFORE = table.alias()
_WAITS = (_BEFORE.c.state == State.QUEUED) & _BEFORE.c.due_at.is_not(None)
_WAITS &= _BEFORE.c.until.is_(None) | (_BEFORE.c.until > _NOW)
_BLOCKED = select(_BEFORE.c.id).where(
    (_BEFORE.c.person_id == table.c.person_id) & (_BEFORE.c.id < table.c.id),
    _WAITS | _BEFORE.c.state.in_([State.CLAIMED, State.SENDING]),
)
DUE = (
    select(table.c.id)
    .join(person, person.c.id == table.c.person_id)
    .where(table.c.state == State.QUEUED, table.c.due_at <= _NOW, IN_TIME, ~_BLOCKED.exists())
    .where(person.c.channel.in_(bindparam("channels", expanding=True)))
    .order_by(table.c.due_at, table.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=table)
)
SENT = (
    update(table)
    .where(table.c.id.in_(_IDS), table.c.lease_token == _TOKEN, table.c.state == State.SENDING)
    .values(state=State.SENT, due_at=None, cause="", done_at=_NOW)
)
