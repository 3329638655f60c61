"""What the lint must know of the world: the knowledge as it stands, the platforms as they are set up, the time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from campaigns.calendar import occasions
from campaigns.calendar.days import CHINA
from campaigns.calendar.occasions import Occasion
from campaigns.document import Campaign
from campaigns.pictures import templates
from knowledge_base import contacts, facts, shelf, taxonomy
from knowledge_base.contacts import Contacts
from knowledge_base.facts import Registry

Account = Literal["service", "subscription", "unverified", ""]


@dataclass(frozen=True, slots=True)
class Context:
    """The world, as far as a document can offend against it. ``now`` is aware.

    ``bulletins``: id → whether it was withdrawn; ``overdue``: those whose review day is over. ``sources``: code →
    confidence. ``wechat``: the kind of account, empty when none is set up; ``notices``: whether a notice template is.
    ``robots``: the names that are set up. ``templates``: of pictures. ``others``: campaigns that are planned or running.
    """

    now: dt.datetime
    bulletins: Mapping[str, bool]
    overdue: frozenset[str]
    sources: Mapping[str, str]
    topics: frozenset[str]
    contacts: Contacts
    facts: Registry
    occasions: Mapping[str, Occasion]
    templates: frozenset[str]
    wechat: Account = ""
    notices: bool = False
    robots: frozenset[str] = frozenset()
    others: tuple[Campaign, ...] = ()


def load(
    now: dt.datetime,
    wechat: Account = "",
    notices: bool = False,
    robots: Collection[str] = (),
    others: Collection[Campaign] = (),
    withdrawn: Collection[str] = (),
) -> Context:
    """Return the context of the real knowledge; the rest comes from the settings. ``now`` must be aware.

    ``withdrawn``: ids of bulletins that operators took back. A bulletin of confidence D counts as withdrawn: what it
    says is not verified. Raises ``ContentError`` for broken content.
    """
    today = now.astimezone(CHINA).date()
    known = shelf.load()
    return Context(
        now=now,
        bulletins={
            name: name in withdrawn or one.confidence not in facts.SHOWABLE
            for name, one in known.bulletins.items()
        },
        overdue=frozenset(name for name, one in known.bulletins.items() if one.review_by < today),
        sources={code: source.confidence for code, source in known.sources.items()},
        topics=frozenset(taxonomy.load().types),
        contacts=contacts.load(),
        facts=facts.load(),
        occasions=occasions.load(),
        templates=frozenset(templates.load().templates),
        wechat=wechat,
        notices=notices,
        robots=frozenset(robots),
        others=tuple(others),
    )
