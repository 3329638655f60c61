"""A flash warning (快讯): from a bulletin to a whole document in one call, so that two people need minutes, not an hour.

The bulletin's own sentences are used, which were read and checked before; where one is too long for a place, or could
be taken for a scammer's (``campaigns/rules``), a shorter one of flash.yml stands in. The operator adds one line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from campaigns import context as contexts
from campaigns import finding, lint, quiet
from campaigns.calendar.days import CHINA
from campaigns.document import (
    Article,
    Audience,
    Campaign,
    Kind,
    Picture,
    QuietHours,
    Route,
    Texts,
    Variant,
    Wave,
)
from campaigns.words import fill
from knowledge_base import content, taxonomy
from knowledge_base.bulletin import Bulletin

FILE = Path(__file__).with_name("flash.yml")
MOST_LINE = 80  # characters of the operator's line
MINUTES_AHEAD = 10  # for the second person's approval
# Customer-service messages reach those who wrote within two days; the few mass messages of a month are left alone.
ROUTES = (
    Route.WECHAT_SERVICE,
    Route.TELEGRAM,
    Route.WECOM,
    Route.DINGTALK,
    Route.ROBOT,
    Route.BANNER,
    Route.FEED,
    Route.EXPORT,
)


class LineRefused(Exception):
    """The operator's line cannot stand in a warning; ``findings`` say why (empty: too long, or none)."""

    def __init__(self, findings: Sequence[finding.Finding] = ()) -> None:
        super().__init__(", ".join(found.code for found in findings) or "line")
        self.findings = tuple(findings)


class Templates(BaseModel):
    """flash.yml. ``{title} {name} {line} {summary} {signs} {do} {dont} {verify}`` are filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    message: str
    robot: str
    article_title: Annotated[tuple[str, ...], Field(min_length=1)]
    article_digest: str
    article_body: str
    notice: Annotated[tuple[str, ...], Field(min_length=1)]
    sms: Annotated[tuple[str, ...], Field(min_length=1)]
    screen: Annotated[tuple[str, ...], Field(min_length=1)]
    banner: Annotated[tuple[str, ...], Field(min_length=1)]
    picture_template: str
    picture_lines: tuple[str, ...]
    short_names: dict[str, str]
    instead: dict[str, str]  # what stands in for a part of which no sentence can be used


def from_bulletin(
    bulletin: Bulletin,
    line: str,
    audience: Audience,
    now: dt.datetime,
    routes: Sequence[Route] = ROUTES,
    robots: Sequence[str] = (),
) -> Campaign:
    """Return the document, with texts for every route there is.

    ``now`` is aware; it goes out ten minutes later, or when the quiet hours end. ``line``: what is new or near by, one
    plain sentence, at most 80 characters. ``robots``: without any named, no group robot tells it. Raises ``LineRefused`` for a
    line with a foreign number, a link, a promise, …: as the lint would.
    """
    known = contexts.load(now)
    line = line.strip()
    if not line or len(line) > MOST_LINE:
        raise LineRefused
    if faults := lint.errors(_findings(line, bulletin, known)):
        raise LineRefused(faults)
    templates = load()
    parts = _parts(bulletin, line, templates, known)
    short = templates.short_names[bulletin.scam_type]
    by_name = {**parts, "name": short}
    limits = finding.load().limits
    texts = Texts(
        message=fill(templates.message, parts),
        robot=fill(templates.robot, parts),
        article=Article(
            title=_first(templates.article_title, parts, limits["article_title_shown"]),
            digest=fill(templates.article_digest, parts),
            body=fill(templates.article_body, parts),
        ),
        notice=_first(templates.notice, by_name, limits["notice"]),
        sms=_first(templates.sms, by_name, limits["sms"]),
        screen=_first(templates.screen, by_name, limits["screen"]),
        banner=_first(templates.banner, by_name, limits["banner"]),
    )
    return Campaign(
        id=f"flash-{now.astimezone(CHINA):%y%m%d}-{bulletin.id.split('.')[1]}"[:48],
        title=fill(templates.title, parts),
        kind=Kind.FLASH,
        audience=audience,
        bulletins=(bulletin.id,),
        sources=tuple(bulletin.sources),
        routes=tuple(route for route in routes if robots or route is not Route.ROBOT),
        robots=tuple(robots),
        variants=(Variant(texts=texts),),
        waves=(Wave(at=_soon(now)),),
        picture=Picture(
            template=templates.picture_template,
            headline=_first(templates.screen, by_name, limits["picture_headline"]),
            lines=templates.picture_lines,
        ),
    )


@cache
def load(path: Path = FILE) -> Templates:
    """Return the templates. Raises ``ContentError`` when the file is at fault or a scam type has no short name."""
    try:
        found = Templates.model_validate(content.read(path))
    except ValidationError as error:
        raise content.ContentError(f"{path}: {error}") from error
    missing = set(taxonomy.load().types) - set(found.short_names)
    if missing:
        raise content.ContentError(f"{path}: no short name for {', '.join(sorted(missing))}")
    return found


def _parts(bulletin: Bulletin, line: str, templates: Templates, known: contexts.Context) -> dict[str, str]:
    """Return what is filled in; lists have one item a line."""

    def usable(sentences: Iterable[str], most: int, otherwise: str) -> list[str]:
        """Return the sentences without a finding first; none with an error."""
        judged = [(text, _findings(text, bulletin, known)) for text in sentences]
        allowed = sorted(
            (len(found), n, text) for n, (text, found) in enumerate(judged) if not lint.errors(found)
        )
        return [text for _, _, text in allowed[:most]] or [templates.instead[otherwise]]

    advice = bulletin.advice
    lists = {
        "signs": usable(bulletin.signs, 3, "signs"),
        "do": usable(advice.do, 3, "do"),
        "dont": usable(advice.dont, 2, "dont"),
        "verify": usable(advice.verify, 2, "verify"),
    }
    title = usable([bulletin.title], 1, "title")[0]
    summary = usable([bulletin.summary, bulletin.stages.hook, bulletin.stages.payment], 1, "summary")[0]
    parts = {name: "\n".join(f"- {text}" for text in texts) for name, texts in lists.items()}
    first = {f"first_{name}": texts[0] for name, texts in lists.items()}
    return {**parts, **first, "title": title, "summary": summary, "line": line}


def _findings(text: str, bulletin: Bulletin, known: contexts.Context) -> list[finding.Finding]:
    """Return what the lint has against a text in a message; the bulletin itself is looked at later."""
    probe = Campaign(
        id="probe",
        title=load().title.replace("{title}", ""),
        kind=Kind.FLASH,
        audience=Audience(everyone=True),
        bulletins=(bulletin.id,),
        sources=tuple(bulletin.sources),
        routes=(Route.FEED,),
        variants=(Variant(texts=Texts(message=text)),),
        waves=(Wave(at=known.now.replace(tzinfo=None)),),
    )
    return [one for one in lint.check_texts(probe, known) if one.field.startswith("variants")]


def _first(candidates: Sequence[str], parts: Mapping[str, str], most: int) -> str:
    """Return the first of the templates that fits; the last one always does (a test holds that)."""
    filled = [fill(candidate, parts) for candidate in candidates]
    return next((text for text in filled if len(text) <= most), filled[-1])


def _soon(now: dt.datetime) -> dt.datetime:
    """Return when it can go out, Beijing time without a zone, as documents have it."""
    moment = now.astimezone(CHINA) + dt.timedelta(minutes=MINUTES_AHEAD)
    hours = QuietHours()
    if quiet.is_quiet(hours, moment.timestamp()):
        moment = dt.datetime.fromtimestamp(quiet.next_end(hours, moment.timestamp()), CHINA)
    return moment.replace(tzinfo=None, microsecond=0)
