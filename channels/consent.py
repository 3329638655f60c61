"""Who said yes to warnings, to which words, and who said no: the tables ``subscriber`` and ``consent_log``.

A yes is only ever the person's own, given in her own conversation; a no is final until she says yes again herself.
Minors are taken only when a school that takes part vouches for them: it holds the guardians' consent (PIPL, article 31).
The log keeps the time, the digest of the sentence and a random reference; once the subscription is deleted, its lines
name nobody. All functions work inside the caller's transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml
from sqlalchemy import Connection, delete, insert, select, update

from channels import posting, scenes
from knowledge_base import taxonomy
from storage.campaign_tables import campaign_letter, consent_log, mass_spent, notice_grant
from storage.campaign_tables import subscriber as table
from storage.tables import person

PATH = Path(__file__).with_name("consent.yml")
DAY = 86_400.0
# How often somebody wants to hear from us: at most one message in so many days; "all" leaves it to the campaign's cap.
FREQUENCIES: Mapping[str, float] = {"all": 0.0, "weekly": 7 * DAY, "monthly": 30 * DAY}
MINORS = frozenset({"under14", "14-17"})
AGES = MINORS | {"18-59", "60+", ""}
ROLES = frozenset(
    {"resident", "elder", "student", "parent", "finance", "merchant", "driver", "worker", "graduate", ""}
)
LANGUAGES = frozenset({"zh", "zh-hant", "en"})
LONGEST_DISTRICT = 40
YES, CHANGE, NO, LEFT = "yes", "change", "no", "left"  # lines of the log
OPTED_OUT = "opted out"


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
    """What is noted of a person. ``active`` false: said no, or never asked (``since`` is then None).

    ``changed_at``: of the last yes, change or no, in Unix seconds as ``since``.
    """

    active: bool
    wish: Wish
    since: float | None
    changed_at: float | None = None
    wording: str = ""


def district_name(text: str) -> str:
    """Return a district as people and campaigns both have it: without the word for "district" behind its name."""
    name = text.strip()
    return name[:-1] if len(name) > 2 and name[-1] in _kinds_of_district() else name


def subscribe(
    connection: Connection,
    person_id: int,
    wish: Wish,
    wording: str,
    now: float,
    schools: Collection[str] = (),
    code: str = "",
) -> None:
    """Note a yes; a second one replaces what was volunteered before. Raises ``ConsentError``.

    ``wording``: the digest of the sentence she said yes to (``consent_texts.yml``). ``schools``: the codes of those that
    take part; ``code``: the one she gave, if any, which counts as the one she came by.
    """
    _check(wish)
    who = connection.execute(select(person.c.scene).where(person.c.id == person_id)).one_or_none()
    if who is None:
        raise ConsentError("person_unknown")
    if wish.age in MINORS and not {code, scenes.school_of(who.scene)} & set(schools):
        raise ConsentError("minor_without_school")
    values = {**_columns(wish), "active": True, "wording": wording, "since": now, "changed_at": now}
    known = connection.execute(update(table).where(table.c.person_id == person_id).values(**values))
    if known.rowcount == 0:
        values["reference"] = secrets.token_hex(16)
        connection.execute(insert(table).values(person_id=person_id, **values))
    _log(connection, person_id, YES, wording, now)


def change(connection: Connection, person_id: int, changes: Mapping[str, object], now: float) -> Wish:
    """Change fields of a wish under the same consent; returns the new one. Raises ``ConsentError``.

    What would need another consent cannot be changed: an age, and anything of somebody who has not said yes.
    """
    before = status(connection, person_id)
    if not before.active:
        raise ConsentError("not_subscribed")
    if "age" in changes:
        raise ConsentError("choice_unknown")
    wish = replace(before.wish, **changes)  # type: ignore[arg-type]  # checked in the next line
    _check(wish)
    mine = update(table).where(table.c.person_id == person_id)
    connection.execute(mine.values(**_columns(wish), changed_at=now))
    _log(connection, person_id, CHANGE, before.wording, now)
    return wish


def unsubscribe(connection: Connection, person_id: int, now: float, why: str = NO) -> bool:
    """Note a no, and take back every message that is surely not on its way; False when there was no yes.

    ``why``: ``NO`` when she said so, ``LEFT`` when she unfollowed or blocked us.
    """
    mine = (table.c.person_id == person_id) & table.c.active
    done = connection.execute(update(table).where(mine).values(active=False, changed_at=now)).rowcount == 1
    if done:
        _log(connection, person_id, why, "", now)
    _take_back(connection, person_id, now)
    return done


def status(connection: Connection, person_id: int) -> Status:
    """Return what is noted of a person."""
    row = connection.execute(select(table).where(table.c.person_id == person_id)).first()
    if row is None:
        return Status(False, Wish(), None)
    topics = tuple(row.topics.split())
    wish = Wish(topics, row.frequency, row.role, row.district, row.language, row.age)
    return Status(bool(row.active), wish, row.since, row.changed_at, row.wording)


def forget(connection: Connection, person_id: int) -> None:
    """Delete all that campaigns know of a person. Without a row nobody is ever chosen, so no trace of a no is needed."""
    for one in (table, notice_grant, campaign_letter, mass_spent):
        connection.execute(delete(one).where(one.c.person_id == person_id))


def letters(connection: Connection, person_id: int) -> list[tuple[str, str, float | None]]:
    """Return the campaigns that chose a person, oldest first: (campaign, state, sent at in Unix seconds)."""
    letter = campaign_letter.c
    wanted = select(letter.campaign, letter.state, letter.sent_at).where(letter.person_id == person_id)
    return [(row[0], row[1], row[2]) for row in connection.execute(wanted.order_by(letter.id))]


def grants(connection: Connection, person_id: int) -> int:
    """Return how many subscription notices a person has allowed and not had yet."""
    rows = select(notice_grant.c.left).where(notice_grant.c.person_id == person_id)
    return sum(connection.scalars(rows))


@cache
def _kinds_of_district() -> str:
    return str(yaml.safe_load(PATH.read_text(encoding="utf-8"))["kinds_of_district"])


def _take_back(connection: Connection, person_id: int, now: float) -> None:
    letter = campaign_letter.c
    mine = (letter.person_id == person_id) & letter.state.in_(("chosen", "queued"))
    numbers = list(connection.scalars(select(letter.letter_id).where(mine, letter.letter_id.is_not(None))))
    back = posting.take_back(connection, numbers, now, OPTED_OUT) if numbers else set()
    gone = mine & ((letter.state == "chosen") | letter.letter_id.in_(back))
    connection.execute(update(campaign_letter).where(gone).values(state="skipped", cause=OPTED_OUT))


def _check(wish: Wish) -> None:
    if wish.frequency not in FREQUENCIES:
        raise ConsentError("frequency_unknown")
    if not set(wish.topics) <= set(taxonomy.load().types):
        raise ConsentError("topic_unknown")
    if wish.role not in ROLES or wish.age not in AGES or wish.language not in LANGUAGES:
        raise ConsentError("choice_unknown")
    if len(wish.district) > LONGEST_DISTRICT or not wish.district.isprintable():
        raise ConsentError("district_unclear")


def _columns(wish: Wish) -> dict[str, object]:
    """Return a wish as columns; topics as the selection finds them: each between blanks."""
    topics = f" {' '.join(sorted(set(wish.topics)))} " if wish.topics else ""
    return {
        "topics": topics,
        "frequency": wish.frequency,
        "role": wish.role,
        "district": district_name(wish.district),
        "language": wish.language,
        "age": wish.age,
    }


def _log(connection: Connection, person_id: int, action: str, wording: str, now: float) -> None:
    who = (
        select(person.c.channel, table.c.reference)
        .join(table, table.c.person_id == person.c.id)
        .where(person.c.id == person_id)
    )
    row = connection.execute(who).one()
    values = {"at": now, "channel": row.channel, "reference": row.reference, "action": action}
    connection.execute(insert(consent_log).values(**values, wording=wording))
