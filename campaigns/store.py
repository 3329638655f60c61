"""Campaigns in the database: the document, who wrote and who approved it, and the log of what was done.

Every move is one transaction with its line in the log, and goes through ``campaigns/states.py``; the same transaction
plans the waves of what is approved, and takes the plan back with the approval (``campaigns/planning.py``). A campaign's
``version`` is compared and raised with each change, so of two operators who act at the same moment one is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from campaigns import planning
from campaigns.document import Campaign, build
from campaigns.planning import Unplannable
from campaigns.states import Action, Move, Standing, State, move
from storage.campaign_tables import campaign as table
from storage.campaign_tables import campaign_log as log
from storage.engine import reading

MOST_NOTE = 200
Check = Callable[[Campaign], Sequence[str]]  # returns what is wrong, by code; what the lint finds


class Unknown(Exception):
    """There is no campaign of this id."""


class Conflict(Exception):
    """Somebody else changed the campaign at the same moment: look again."""


class Refused(Exception):
    """The document has faults; ``codes`` names them."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(", ".join(codes))
        self.codes = tuple(codes)


@dataclass(frozen=True, slots=True)
class Stored:
    """A campaign as it stands. Times are Unix seconds. ``cause``: why it is paused or stopped, a fixed word."""

    campaign: Campaign
    digest: str
    state: State
    authors: tuple[str, ...]
    approver: str
    previewed: bool
    cause: str
    created_at: float
    changed_at: float
    version: int

    @property
    def standing(self) -> Standing:
        """What the rules need to know."""
        return Standing(self.state, self.digest, frozenset(self.authors), self.previewed)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    at: float
    campaign: str
    operator: str
    action: str
    digest: str
    note: str


class Store:
    """The tables ``campaign`` and ``campaign_log``. All methods block on the database: call them in a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, campaign: Campaign, by: str, now: float, version: int | None = None) -> Stored:
        """Store a new document, or a changed one, as a draft. Raises ``NotAllowed`` when it is being sent.

        ``version``: of the campaign that was looked at, 0 for none; when it is another by now, ``Conflict`` is raised.

        Raises ``Refused`` (``already_begun``) when some of it was sent before it was held.

        A document that is already stored letter by letter stays as it is: nothing has to be approved anew.
        """
        document = json.dumps(campaign.model_dump(mode="json"), ensure_ascii=False)
        with self._engine.begin() as connection:
            known = _find(connection, campaign.id)
            if known is not None and known.digest == campaign.digest:
                return known
            if version is not None and version != (0 if known is None else known.version):
                raise Conflict
            if known is None:
                try:
                    connection.execute(insert(table).values(**_fresh(campaign, document, by, now)))
                except IntegrityError:
                    raise Conflict from None
                _write(connection, campaign.id, by, "create", campaign.digest, "", now)
            else:
                move(known.standing, Move(Action.EDIT, by))
                _unplan(connection, campaign.id)
                authors = json.dumps(sorted({*known.authors, by}))
                changes: dict[str, object] = {
                    "document": document,
                    "digest": campaign.digest,
                    "authors": authors,
                }
                _change(
                    connection, known, {**changes, "state": State.DRAFT, "approver": "", "previewed": ""}, now
                )
                _write(connection, campaign.id, by, Action.EDIT, campaign.digest, "", now)
            return _get(connection, campaign.id)

    def get(self, campaign_id: str) -> Stored:
        """Return a campaign. Raises ``Unknown``."""
        with reading(self._engine).connect() as connection:
            return _get(connection, campaign_id)

    def holds(self, connection: Connection, campaign_id: str, state: State) -> bool:
        """Tell whether a campaign is in ``state``; if so, it stays there until the transaction of ``connection`` ends."""
        wanted = select(table.c.state).where(table.c.id == campaign_id).with_for_update()
        return connection.execute(wanted).scalar() == state

    def all(self, *states: State) -> tuple[Stored, ...]:
        """Return the campaigns in ``states`` (none: all), the latest change first."""
        wanted = select(table).order_by(table.c.changed_at.desc(), table.c.id)
        if states:
            wanted = wanted.where(table.c.state.in_(states))
        with reading(self._engine).connect() as connection:
            return tuple(_stored(row) for row in connection.execute(wanted))

    def submit(self, campaign_id: str, by: str, check: Check, now: float) -> Stored:
        """Ask for approval. Raises ``Refused`` with what the lint finds, ``NotAllowed``, ``Unknown``."""
        return self._act(campaign_id, Move(Action.SUBMIT, by), now, check=check)

    def approve(self, campaign_id: str, by: str, digest: str, check: Check, now: float) -> Stored:
        """Approve the very text of ``digest``.

        Raises ``NotAllowed`` (by an author; another text; no preview yet) and ``Refused``: what was fine when it was
        submitted may be withdrawn or past by now. The waves are planned in the same transaction.
        """
        return self._act(campaign_id, Move(Action.APPROVE, by, digest), now, check=check, approver=by)

    def act(
        self, campaign_id: str, action: Action, by: str, now: float, cause: str = "", note: str = ""
    ) -> Stored:
        """Do what needs no check: reject, withdraw, pause, resume, stop, resend; the clock's start and finish.

        ``note``: a person's words about it, for the log alone. Raises ``Refused`` for some that are too long.
        """
        if note:
            _readable(note)
        return self._act(campaign_id, Move(action, by), now, cause=cause, note=note)

    def previewed(self, campaign_id: str, by: str, now: float, digest: str = "") -> Stored:
        """Note that the document was looked at: without that nobody can approve it.

        Raises ``Conflict`` when it is not the one of ``digest`` any more.
        """
        with self._engine.begin() as connection:
            known = _get(connection, campaign_id)
            if digest and known.digest != digest:
                raise Conflict
            _change(connection, known, {"previewed": known.digest}, now)
            _write(connection, campaign_id, by, "preview", known.digest, "", now)
            return _get(connection, campaign_id)

    def note(self, campaign_id: str, by: str, words: str, now: float) -> None:
        """Write a note for the next time into the log. Raises ``Unknown``, ``Refused`` for one that is too long."""
        _readable(words)
        with self._engine.begin() as connection:
            _write(connection, campaign_id, by, "note", _get(connection, campaign_id).digest, words, now)

    def log(self, campaign_id: str) -> tuple[Line, ...]:
        """Return what was done to a campaign, oldest first."""
        wanted = select(log).where(log.c.campaign == campaign_id).order_by(log.c.id)
        with reading(self._engine).connect() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            Line(row.at, row.campaign, row.operator, row.action, row.digest, row.note) for row in rows
        )

    def _act(
        self,
        campaign_id: str,
        wanted: Move,
        now: float,
        check: Check | None = None,
        approver: str | None = None,
        cause: str = "",
        note: str = "",
    ) -> Stored:
        with self._engine.begin() as connection:
            known = _get(connection, campaign_id)
            to = move(known.standing, wanted)
            if check is not None and (found := check(known.campaign)):
                raise Refused(found)
            changes: dict[str, object] = {"state": to, "cause": cause}
            if approver is not None:
                changes["approver"] = approver
            _change(connection, known, changes, now)
            if wanted.action is Action.APPROVE:
                _plan(connection, known.campaign, now)
            elif to is State.DRAFT:
                _unplan(connection, campaign_id)
            _write(connection, campaign_id, wanted.by, wanted.action, known.digest, note or cause, now)
            return _get(connection, campaign_id)


def _plan(connection: Connection, campaign: Campaign, now: float) -> None:
    try:
        planning.plan(connection, campaign, now)
    except Unplannable as error:
        raise Refused(error.codes) from None


def _unplan(connection: Connection, campaign_id: str) -> None:
    try:
        planning.unplan(connection, campaign_id)
    except Unplannable as error:
        raise Refused(error.codes) from None


def _readable(words: str) -> None:
    if not words.strip() or len(words) > MOST_NOTE or not words.isprintable():
        raise Refused(["note_unclear"])


def _fresh(campaign: Campaign, document: str, by: str, now: float) -> dict[str, object]:
    return {
        "id": campaign.id,
        "document": document,
        "digest": campaign.digest,
        "state": State.DRAFT,
        "authors": json.dumps([by]),
        "approver": "",
        "previewed": "",
        "cause": "",
        "created_at": now,
        "changed_at": now,
        "version": 1,
    }


def _find(connection: Connection, campaign_id: str) -> Stored | None:
    row = connection.execute(select(table).where(table.c.id == campaign_id)).one_or_none()
    return None if row is None else _stored(row)


def _get(connection: Connection, campaign_id: str) -> Stored:
    found = _find(connection, campaign_id)
    if found is None:
        raise Unknown(campaign_id)
    return found


def _stored(row: Row[tuple[object, ...]]) -> Stored:
    return Stored(
        build(json.loads(row.document)),
        row.digest,
        State(row.state),
        tuple(json.loads(row.authors)),
        row.approver,
        row.previewed == row.digest,
        row.cause,
        row.created_at,
        row.changed_at,
        row.version,
    )


def _change(connection: Connection, known: Stored, changes: dict[str, object], now: float) -> None:
    mine = (table.c.id == known.campaign.id) & (table.c.version == known.version)
    values = {**changes, "changed_at": now, "version": known.version + 1}
    if connection.execute(update(table).where(mine).values(**values)).rowcount != 1:
        raise Conflict


def _write(
    connection: Connection, campaign_id: str, by: str, action: str, digest: str, note: str, now: float
) -> None:
    values = {"at": now, "campaign": campaign_id, "operator": by, "action": str(action), "digest": digest}
    connection.execute(insert(log).values(**values, note=note))
