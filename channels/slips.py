"""Slips: what people were told while the database was away, kept on this machine's disk until the database knows it.

When the storing of a message breaks off, nobody knows whether it counted; and a gateway that was killed does not know
what it stored before. So whoever is told the hotlines meanwhile might get a second answer, or, when the platform sends the
message again, none at all. A slip is written before the hotlines go out; when the database is back, before anything is
stored, answered or pushed by this process, the message counts as answered by just what the slip says.

Slips are masked, encrypted like everything at rest, and deleted once the database has them. Several gateways have a folder
each: then another one may answer, in the moment in which the database is back, what this one's slip is about.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from bot.assessment.placeholders import mask
from channels import deposits, envelopes, inbox, posting
from channels.answers import log_bug
from channels.base import Inbound, Reply, Window
from channels.deposits import Deposit
from channels.keys import Keys
from channels.outbox_statements import PASSIVE
from channels.transitions import State
from storage.tables import outbox as table

MOST_AT_ONCE = 100  # in one transaction
ENDING = ".slip"
CAUSE = "slip"  # of an answer that was given while the database was away
TOLD = "told already"  # the cause of an answer that was not sent because the hotlines were
log = logging.getLogger("fanzha.slips")


@dataclass(frozen=True, slots=True)
class Slip:
    """That ``replies`` went out at ``at`` (Unix seconds) on the request ``carrier``, as the answer to ``message``."""

    message: Inbound
    replies: tuple[Reply, ...]
    at: float
    carrier: str

    @property
    def name(self) -> str:
        """Return what tells the message from every other one, and says nothing about it."""
        one = self.message
        said = "\x00".join((one.channel, one.account, one.dedupe_key or self.carrier))
        return hashlib.sha256(said.encode()).hexdigest()


class Slips:
    """The slips in ``folder``. Its methods block on the disk or on the database: call them in a thread."""

    def __init__(self, folder: Path, engine: Engine, keys: Keys) -> None:
        self._folder = folder
        self._engine = engine
        self._keys = keys
        self._lock = threading.Lock()
        self._names = {path.name for path in folder.glob(f"*{ENDING}")}

    def write(self, slip: Slip) -> bool:
        """Keep ``slip`` so that neither a crash nor a power cut loses it; False when the disk does not take it."""
        name = slip.name + ENDING
        fresh = self._folder / f"{name}.{secrets.token_hex(4)}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(envelopes.seal(self._keys, _body(slip), _context(name)))
                stream.flush()
                os.fsync(handle)
            fresh.replace(self._folder / name)
        except OSError as error:  # people get the hotlines all the same
            log.error("a slip could not be kept: %s", type(error).__name__)
            return False
        self._names.add(name)
        return True

    def settle(self) -> None:
        """Tell the database what the slips say, and delete them. Raises the database's error while it is away."""
        if not self._names:
            return
        with self._lock:
            while names := list(islice(sorted(self._names), MOST_AT_ONCE)):
                try:
                    self._settle(names)
                except Exception as error:  # one bad slip must not keep everybody else waiting
                    if _away(error):
                        raise
                    log_bug(error, "slips")
                    for name in names:
                        self._settle_alone(name)

    def _settle_alone(self, name: str) -> None:
        try:
            self._settle([name])
        except Exception as error:
            if _away(error):
                raise
            log_bug(error, "slips")
            self._drop([name])

    def _settle(self, names: Sequence[str]) -> None:
        slips = [slip for name in names if (slip := self._read(name)) is not None]
        with self._engine.begin() as connection:
            for slip in slips:
                _note(connection, self._keys, slip)
        self._drop(names)

    def _read(self, name: str) -> Slip | None:
        try:
            sealed = (self._folder / name).read_bytes()
            return _slip(envelopes.unseal(self._keys, sealed, _context(name)))
        except (OSError, envelopes.Unreadable) as error:
            log.error("a slip cannot be read: %s", type(error).__name__)
            return None

    def _drop(self, names: Sequence[str]) -> None:
        for name in names:
            (self._folder / name).unlink(missing_ok=True)
            self._names.discard(name)


def _away(error: Exception) -> bool:
    """Return True when the database is at fault, and not what it was given."""
    return isinstance(error, SQLAlchemyError) and not isinstance(error, DataError | IntegrityError)


def _note(connection: Connection, keys: Keys, slip: Slip) -> None:
    """Store the message as answered by the slip; what waits as its answer and was never sent is taken back."""
    message = slip.message
    owner = keys.owner(message.channel, message.sender, message.account)
    deposit = Deposit(message, message.text, owner, slip.at, carrier=slip.carrier)
    taken = deposits.store(connection, keys, [deposit])[0]
    mine = table.c.inbox_id == taken.inbox_id
    if taken.done:
        untouched = mine & (table.c.state == State.QUEUED) & (table.c.attempts == 0)
        dead = {"state": State.DEAD, "cause": TOLD, "due_at": None, "done_at": slip.at}
        connection.execute(update(table).where(untouched).values(**dead))
        left = select(table.c.id).where(mine, table.c.state != State.DEAD)
        if connection.execute(left).first() is not None:  # it went out, or is on its way, by another request
            return
    inbox.finish(connection, [taken.inbox_id], slip.at)
    replies = [(reply, True) for reply in slip.replies]
    posting.add(connection, keys, taken.person_id, replies, slip.at, None, inbox_id=taken.inbox_id)
    rode = {"state": State.SENT, "via": PASSIVE, "rode_on": taken.inbox_id, "lease_token": slip.carrier}
    rode["cause"] = CAUSE
    fresh = mine & (table.c.state == State.QUEUED)
    connection.execute(update(table).where(fresh).values(**rode, done_at=slip.at, attempts=1))


def _body(slip: Slip) -> envelopes.Body:
    message = slip.message
    window = message.window
    return {
        "channel": message.channel,
        "account": message.account,
        "sender": message.sender,
        "route": message.route,
        "dedupe_key": message.dedupe_key,
        "kind": message.kind,
        "scene": message.scene,
        "window": None if window is None else [window.name, window.messages, window.seconds],
        "message": envelopes.inbound_body(message, None if message.text is None else mask(message.text).text),
        "replies": [envelopes.reply_body(reply) for reply in slip.replies],
        "at": slip.at,
        "carrier": slip.carrier,
    }


def _slip(body: envelopes.Body) -> Slip:
    message = replace(
        envelopes.inbound_of(body["channel"], body["account"], body["sender"], body["kind"], body["message"]),
        route=body["route"],
        dedupe_key=body["dedupe_key"],
        scene=body["scene"],
        window=None if body["window"] is None else Window(*body["window"]),
    )
    replies = tuple(envelopes.reply_of(reply)[0] for reply in body["replies"])
    return Slip(message, replies, body["at"], body["carrier"])


def _context(name: str) -> str:
    return f"slip|{name}"
