"""All senders, made from what the platforms' adapters give."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from campaigns.delivery import export
from campaigns.delivery.article import Cover
from campaigns.delivery.board import Board
from campaigns.delivery.robot import GroupRobot
from campaigns.delivery.wechat_draft import WeChatDraft
from campaigns.delivery.wechat_mass import WeChatMass
from campaigns.delivery.wechat_notice import Template, WeChatNotice
from campaigns.document import Campaign, Route
from campaigns.senders import Senders
from channels.broadcast import Broadcaster
from channels.keys import Keys


def no_cover(campaign: Campaign, variant: str) -> bytes | None:
    """Return None: there are no pictures."""
    return None


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to send with. What is None or empty is not set up; ``faults`` of its sender then says so.

    ``account``: from ``channels.registry.build_broadcaster``. ``cover``: the picture of a variant's article.
    ``to_all``: the operator has said that following the account is consent, so messages to everyone go to all.
    """

    engine: Engine
    keys: Keys
    data_dir: Path
    account: Broadcaster | None = None
    cover: Cover = no_cover
    template: Template | None = None
    robots: Collection[str] = ()
    to_all: bool = False


def senders(means: Means) -> Senders:
    """Return the sender of each route that is not one of letters."""
    return {
        Route.WECHAT_MASS: WeChatMass(means.engine, means.keys, means.account, means.cover, means.to_all),
        Route.WECHAT_NOTICE: WeChatNotice(means.engine, means.keys, means.account, means.template),
        Route.WECHAT_DRAFT: WeChatDraft(means.engine, means.account, means.cover),
        Route.ROBOT: GroupRobot(means.engine, means.keys, means.robots),
        Route.BANNER: Board(means.engine, Route.BANNER),
        Route.FEED: Board(means.engine, Route.FEED),
        Route.EXPORT: export.build(means.data_dir),
    }
