"""Who said yes to warnings, to which words, and who said no: the tables ``subscriber`` and ``consent_log``.

A yes is only ever the person's own, given in her own conversation; a no is final until she says yes again herself.
Minors are taken only when they came by a school's code: the school holds the guardians' consent (PIPL, article 31).
The log keeps the pseudonym, the time and the version of the sentence, never a text.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from campaigns.audience import FREQUENCIES
from channels.schools import CODE
from knowledge_base import taxonomy
from storage.campaign_tables import campaign_letter, consent_log, subscriber
from storage.campaign_tables import subscriber as table
from storage.tables import person

MINORS = frozenset({"under14", "14-17"})
AGES = MINORS | {"18-59", "60+", ""}
ROLES = frozenset(
    {"resident", "elder", "student", "parent", "finance", "merchant", "driver", "worker", "graduate", ""}
)
LANGUAGES = frozenset({"zh", "zh-hant", "en"})


class ConsentError(Exception):
    """The wish cannot be noted; ``code`` is the key of the sentence for the person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person said yes to. ``topics``: ids of scam types, none for all. The rest only as far as volunteered."""

    topics: tuple[str, ...] = ()
    frequency: str = "weekly"
    role: str = ""
    district: str = ""
    language: str = "zh"
    age: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """What is noted of a person. ``active`` false: said no, or never asked (``since`` is then None)."""

    active: bool
    wish: Wish
    since: float | None


def subscribe(connection: Connection, person_id: int, wish: Wish, wording: str, now: float) -> None:
    """Note a yes; a second one replaces what was volunteered before. Raises ``ConsentError``.

    ``wording``: the version of the sentence she said yes to (``campaigns/consent.yml``).
    """
    _check(wish)
    who = connection.execute(select(person).where(person.c.id == person_id)).one_or_none()
    if who is None:
        raise ConsentError("person_unknown")
    if wish.age in MINORS and CODE.fullmatch(who.scene) is None:
        raise ConsentError("minor_without_school")
    values: dict[str, object] = {
        "active": True,
        "topics": _packed(wish.topics),
        "frequency": wish.frequency,
        "role": wish.role,
        "district": wish.district,
        "language": wish.language,
        "age": wish.age,
        "wording": wording,
        "since": now,
        "changed_at": now,
    }
    known = connection.execute(update(table).where(table.c.person_id == person_id).values(**values))
    if known.rowcount == 0:
        connection.execute(insert(table).values(person_id=person_id, **values))
    _log(connection, who.channel, who.pseudonym, "yes", wording, now)


def unsubscribe(connection: Connection, person_id: int, now: float) -> bool:
    """Note a no, and take back what is chosen but not yet on its way; False when there was no yes.

    What a campaign has put into the outbox is taken back by ``campaigns/store.py``, which the caller runs next.
    """
    mine = (table.c.person_id == person_id) & table.c.active
    done = connection.execute(update(table).where(mine).values(active=False, changed_at=now)).rowcount == 1
    who = connection.execute(
        select(person.c.channel, person.c.pseudonym).where(person.c.id == person_id)
    ).first()
    if who is not None:
        _log(connection, who.channel, who.pseudonym, "no", "", now)
    waiting = (campaign_letter.c.person_id == person_id) & (campaign_letter.c.state == "chosen")
    connection.execute(update(campaign_letter).where(waiting).values(state="skipped", cause="opted out"))
    return done


def status(connection: Connection, person_id: int) -> Status:
    """Return what is noted of a person."""
    row = connection.execute(select(table).where(table.c.person_id == person_id)).first()
    if row is None:
        return Status(False, Wish(), None)
    topics = tuple(row.topics.split())
    wish = Wish(topics, row.frequency, row.role, row.district, row.language, row.age)
    return Status(bool(row.active), wish, row.since)


def forget(connection: Connection, person_id: int) -> None:
    """Delete what is known of a person's subscription; without a row nobody is ever chosen."""
    connection.execute(delete(table).where(table.c.person_id == person_id))


def opted_out_since(connection: Connection, campaign: str, since: float, until: float) -> int:
    """Return how many of those who got ``campaign`` said no between two times (Unix seconds)."""
    reached = select(campaign_letter.c.person_id).where(
        campaign_letter.c.campaign == campaign, campaign_letter.c.state.in_(("sent", "unknown"))
    )
    said_no = (~subscriber.c.active) & subscriber.c.changed_at.between(since, until)
    found = select(func.count()).select_from(subscriber).where(said_no, subscriber.c.person_id.in_(reached))
    return int(connection.execute(found).scalar_one())


def _check(wish: Wish) -> None:
    if wish.frequency not in FREQUENCIES:
        raise ConsentError("frequency_unknown")
    if not set(wish.topics) <= set(taxonomy.load().types):
        raise ConsentError("topic_unknown")
    if wish.role not in ROLES or wish.age not in AGES or wish.language not in LANGUAGES:
        raise ConsentError("choice_unknown")
    if len(wish.district) > 40 or not wish.district.isprintable():
        raise ConsentError("district_unclear")


def _packed(topics: tuple[str, ...]) -> str:
    """Return topics as the selection finds them: each between blanks."""
    return f" {' '.join(sorted(set(topics)))} " if topics else ""


def _log(connection: Connection, channel: str, pseudonym: str, action: str, wording: str, now: float) -> None:
    values = {"at": now, "channel": channel, "pseudonym": pseudonym, "action": action, "wording": wording}
    connection.execute(insert(consent_log).values(**values))
