"""What there is to send with here, from the settings: accounts, robots, channels, the template of notices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import Connection, Engine

from campaigns.context import Account
from campaigns.delivery.build import Means, senders
from campaigns.delivery.wechat_notice import Template
from campaigns.document import Campaign, Route
from campaigns.pictures import files
from campaigns.senders import LETTERS, Senders
from channels.base import Push
from channels.broadcast import Broadcaster
from channels.keys import Keys
from channels.registry import build_broadcaster, build_channels, robot_names
from channels.settings import Settings, SettingsError

# The gateway's channel that takes the letters of a route.
CHANNELS: Mapping[Route, str] = {
    Route.TELEGRAM: "telegram",
    Route.WECHAT_SERVICE: "wechat",
    Route.WECOM: "wecom",
    Route.DINGTALK: "dingtalk",
}
SAYS = frozenset({"notice", "title", "date"})


@dataclass(frozen=True, slots=True)
class Outfit:
    """``letters``: the routes of letters for which a channel is set up; the others have a sender of their own."""

    account: Broadcaster | None
    template: Template | None
    robots: tuple[str, ...]
    letters: frozenset[Route]
    to_all: bool

    @property
    def wechat(self) -> Account:
        """The kind of the WeChat account, empty when none is set up."""
        return self.account.kind if self.account is not None else ""

    def senders(self, engine: Engine, keys: Keys, data_dir: Path) -> Senders:
        """Return the sender of each route that is not one of letters; ``data_dir`` takes exported files."""
        return senders(
            Means(engine, keys, data_dir, self.account, files.cover, self.template, self.robots, self.to_all)
        )


def load(settings: Settings, client: httpx.AsyncClient) -> Outfit:
    """Return what ``settings`` set up; ``client`` is for calls to WeChat. Raises ``SettingsError``."""
    pushed = {
        channel.name
        for channel in build_channels(settings, client)
        if channel.capabilities.push is not Push.NEVER
    }
    return Outfit(
        build_broadcaster(settings, client),
        _template(settings),
        robot_names(settings, client),
        frozenset(route for route in LETTERS if CHANNELS[route] in pushed),
        settings.wechat_to_all,
    )


def faults(
    connection: Connection, campaign: Campaign, made: Senders, served: Collection[Route], now: float
) -> Iterator[str]:
    """Yield what would keep a campaign's routes from sending, by code of ``delivery/faults.yml``."""
    for route in campaign.routes:
        if route in made:
            yield from made[route].faults(connection, campaign, now)
        elif route not in served:
            yield "route_not_set_up"


def _template(settings: Settings) -> Template | None:
    if not settings.wechat_notice_template:
        return None
    fields = {}
    for part in settings.wechat_notice_fields.split(","):
        name, _, says = (word.strip() for word in part.partition("="))
        if not name.isidentifier() or says not in SAYS:
            raise SettingsError(
                "FANZHA_WECHAT_NOTICE_FIELDS: must be a list such as thing1=notice,time2=date"
                f" (after the = one of {', '.join(sorted(SAYS))})"
            )
        fields[name] = says
    return Template(settings.wechat_notice_template, fields, settings.wechat_notice_page)
