"""A campaign as a document: what a YAML file in ``campaigns/messages`` or an operator's form holds.

It says to whom, when and what; nothing in it names a person. What was approved is identified by ``digest``: whoever
changes one letter has to ask for approval anew.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from campaigns import plain_yaml

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{1,47}$")]
# What is compared with the database; PostgreSQL takes no NUL, and nothing that cannot be seen belongs into a name.
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
FIRST_YEAR, LAST_YEAR = 2004, 2099  # of what campaigns/calendar/days.py knows


def _local(clock: dt.time) -> dt.time:
    if clock.tzinfo is not None:
        raise ValueError("is Beijing time and must not name a zone")
    return clock


LocalTime = Annotated[dt.time, AfterValidator(_local)]


class DocumentError(Exception):
    """The document cannot be read; the message names the field, and what is wrong with it.

    ``place``: the field (``variants.0.texts.sms``) or the line (``line 7``), empty for the whole; ``kind``: what is wrong, a
    fixed word or pydantic's type of error.
    """

    def __init__(self, message: str, place: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.kind = kind


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Kind(StrEnum):
    """What a campaign is for."""

    PLANNED = "planned"  # an occasion of the calendar
    FLASH = "flash"  # a new trick, as quickly as two people can agree
    DAILY = "daily"  # the card of the day


class Route(StrEnum):
    """A way out. The names of channels are those of the adapters."""

    WECHAT_MASS = "wechat_mass"  # by tag, or by a list of openids: what the account may do
    WECHAT_SERVICE = "wechat_service"  # customer-service messages, inside the person's window only
    WECHAT_NOTICE = "wechat_notice"  # subscription notices, one for each grant
    WECHAT_DRAFT = "wechat_draft"  # a draft, which a person sends
    TELEGRAM = "telegram"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    ROBOT = "robot"  # group robots, by the names in FANZHA_ROBOTS
    BANNER = "banner"  # school widget and chat page
    FEED = "feed"  # RSS and JSON
    EXPORT = "export"  # SMS and screen copy as files


class Audience(_Part):
    """Who shall get it: every condition that is given must hold. Only who consented is ever chosen.

    ``scenes`` are codes of schools, communities or stations, as their QR codes carry them. ``active_days``: wrote
    to us within so many days. Empty conditions with ``everyone`` false choose nobody, which is refused.
    """

    everyone: bool = False
    roles: tuple[Word, ...] = ()
    districts: tuple[Word, ...] = ()
    scenes: tuple[Word, ...] = ()
    languages: tuple[Word, ...] = ()
    ages: tuple[Word, ...] = ()
    channels: tuple[Word, ...] = ()
    topics: tuple[Word, ...] = ()
    active_days: Annotated[int, Field(ge=1, le=365)] | None = None

    @property
    def limited(self) -> bool:
        """Whether any condition is given."""
        lists = (
            self.roles,
            self.districts,
            self.scenes,
            self.languages,
            self.ages,
            self.channels,
            self.topics,
        )
        return any(lists) or self.active_days is not None


class Article(_Part):
    """A WeChat article. ``body`` is paragraphs parted by empty lines; a line that starts with ``- `` is an item."""

    title: str
    digest: str
    body: str


class Texts(_Part):
    """The words for each kind of place; which are needed follows from the routes (``campaigns/lint.py``)."""

    message: str = ""  # chat: WeChat customer service, Telegram, WeCom, DingTalk
    article: Article | None = None
    notice: str = ""  # the ``thing`` field of a subscription notice
    robot: str = ""  # markdown of group robots
    sms: str = ""
    screen: str = ""  # public screens, elevators
    banner: str = ""


class Variant(_Part):
    """One of the versions that are compared. ``share``: its part of the audience, by weight."""

    key: Annotated[str, Field(pattern=r"^[a-z]$")] = "a"
    share: Annotated[int, Field(ge=1, le=100)] = 1
    texts: Texts


class Picture(_Part):
    """What stands on posters and cards (``campaigns/pictures``)."""

    template: Word
    headline: Annotated[str, Field(min_length=2, max_length=30)]
    lines: Annotated[tuple[str, ...], Field(max_length=6)] = ()
    footer: Annotated[str, Field(max_length=60)] = ""


class Wave(_Part):
    """One sending: at a fixed local time, or so many days from the occasion's first day (negative: before)."""

    at: dt.datetime | None = None
    offset_days: Annotated[int, Field(ge=-60, le=60)] | None = None
    time: LocalTime | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.at is None) == (self.offset_days is None):
            raise ValueError("a wave needs either `at` or `offset_days`")
        if self.at is not None and self.at.tzinfo is not None:
            raise ValueError("`at` is Beijing time and must not name a zone")
        if self.at is not None and not FIRST_YEAR <= self.at.year <= LAST_YEAR:
            raise ValueError(f"`at` must lie between {FIRST_YEAR} and {LAST_YEAR}")
        if (self.offset_days is None) != (self.time is None):
            raise ValueError("`time` belongs to `offset_days`")
        return self


class QuietHours(_Part):
    """Beijing time in which nothing is sent; over midnight when ``start`` is later than ``end``."""

    start: LocalTime = dt.time(21, 30)
    end: LocalTime = dt.time(8, 0)


class Cap(_Part):
    """At most so many campaign messages to one person within so many days, over all campaigns."""

    messages: Annotated[int, Field(ge=1, le=10)] = 2
    days: Annotated[int, Field(ge=1, le=31)] = 7


class Stop(_Part):
    """When sending ends by itself: shares (0 to 1) of what was sent, counted from 50 messages on, or a day."""

    failed: Annotated[float, Field(gt=0, le=1)] = 0.2
    opted_out: Annotated[float, Field(gt=0, le=1)] = 0.05
    until: Annotated[dt.date, Field(le=dt.date(LAST_YEAR, 12, 31))] | None = None


class Campaign(_Part):
    """The whole document. ``sources`` are ids of knowledge_base/sources.yml for facts in the texts.

    ``bulletins``: the techniques it warns of; when one of them is withdrawn, the campaign stops. ``quotes``: the
    scammers' words that the texts repeat; each must stand in quotation marks there (WeChat's review, 20008).
    """

    id: Id
    title: Annotated[str, Field(min_length=2, max_length=60)]
    kind: Kind = Kind.PLANNED
    occasion: Id | None = None
    audience: Audience
    bulletins: Annotated[tuple[Word, ...], Field(min_length=1)]
    sources: tuple[Word, ...] = ()
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    robots: tuple[Word, ...] = ()
    variants: Annotated[tuple[Variant, ...], Field(min_length=1, max_length=4)]
    picture: Picture | None = None
    waves: Annotated[tuple[Wave, ...], Field(min_length=1, max_length=12)]
    quiet_hours: QuietHours = QuietHours()
    cap: Cap = Cap()
    stop: Stop = Stop()
    quotes: tuple[str, ...] = ()
    note: str = ""  # for the next time

    @model_validator(mode="after")
    def _whole(self) -> Self:
        keys = [variant.key for variant in self.variants]
        if len(set(keys)) != len(keys):
            raise ValueError("two variants have the same key")
        if len(set(self.routes)) != len(self.routes):
            raise ValueError("a route is named twice")
        if self.occasion is None and any(wave.offset_days is not None for wave in self.waves):
            raise ValueError("`offset_days` needs an `occasion` to count from")
        if self.kind is Kind.PLANNED and self.occasion is None:
            raise ValueError("a planned campaign needs an `occasion`")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of the document in a fixed form: what an approval is for."""
        plain = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()


MOST_BYTES = 200_000


def parse(text: str) -> Campaign:
    """Return the document of a YAML text. Raises ``DocumentError``."""
    _fits(text)
    try:
        return build(plain_yaml.load(text))
    except plain_yaml.BadYaml as error:
        where = f"line {error.line}" if error.line else ""
        raise DocumentError(f"{where}: not YAML" if where else "not YAML", where, "not_yaml") from None


def parse_json(text: str) -> Campaign:
    """Return the document of a JSON text: YAML does not know JSON's pairs of surrogates. Raises ``DocumentError``."""
    _fits(text)
    try:
        return build(json.loads(text))
    except (ValueError, RecursionError):
        raise DocumentError("not JSON", kind="not_json") from None


def build(found: object) -> Campaign:
    """Return the document of plain data. Raises ``DocumentError`` naming the first field at fault."""
    try:
        made = Campaign.model_validate(found)
        made.model_dump_json()  # half a surrogate pair is no character, and nothing could store it
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise DocumentError(f"{where}: {first['msg']}", where, first["type"]) from None
    except ValueError:
        raise DocumentError("document: characters that are none", "document", "not_utf8") from None
    return made


def _fits(text: str) -> None:
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise DocumentError(f"longer than {MOST_BYTES} bytes", kind="too_long")


def read(path: Path) -> Campaign:
    """Return the document of a file. Raises ``DocumentError``; ``OSError`` when it cannot be read."""
    try:
        return parse(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise DocumentError(f"{path.name}: not UTF-8", kind="not_utf8") from None
    except DocumentError as error:
        raise DocumentError(f"{path.name}: {error}", error.place, error.kind) from None
