"""The WeChat account as ``Broadcaster``: its calls with their failures told as outcomes, by the table of errors."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import httpx

from channels.base import Outcome
from channels.broadcast import (
    SENT_BEFORE,
    TAG_MISSING,
    TOO_LARGE,
    AccountKind,
    Article,
    Content,
    MassState,
    Said,
    Tag,
)
from channels.settings import Settings
from channels.transport import failed
from channels.wechat import drafts, mass, notices, tags
from channels.wechat.adapter import LATER, make_api
from channels.wechat.api import Api, TooLarge
from channels.wechat.errors import UNKNOWN, ApiError, BadAnswer, NoToken, Table, load_table

SECONDS = 8.0  # nobody waits for a mass message, and a list of 10,000 people takes its time
T = TypeVar("T")
log = logging.getLogger("fanzha.wechat")


class WeChatBroadcaster:
    """One official account."""

    def __init__(self, api: Api, account: str, kind: AccountKind, table: Table) -> None:
        self.account = account
        self.kind = kind
        self._api = api
        self._table = table

    async def cover(self, picture: bytes) -> Said[str]:
        """Keep a picture for good."""
        try:
            return await self._said(drafts.add_cover(self._api, picture))
        except drafts.WrongPicture:
            return Said(Outcome.REJECTED, cause="picture kind refused")
        except TooLarge:
            return Said(Outcome.REJECTED, cause=TOO_LARGE)

    async def add_draft(self, article: Article) -> Said[str]:
        """Put an article into the draft box."""
        return await self._said(drafts.add(self._api, article))

    async def find_draft(self, title: str, digest: str, since: float) -> Said[str]:
        """Return a draft by title and digest."""
        return await self._said(drafts.find(self._api, title, digest, since))

    async def has_draft(self, draft: str) -> Said[bool]:
        """Tell whether a draft is still in the box."""
        return await self._said(drafts.exists(self._api, draft))

    async def drop_draft(self, draft: str) -> Said[None]:
        """Delete a draft."""
        return await self._said(drafts.delete(self._api, draft))

    async def published(self, title: str, since: float) -> Said[bool]:
        """Tell whether an article of this title was published."""
        return await self._said(drafts.published(self._api, title, since))

    async def to_people(self, addresses: Sequence[str], content: Content, key: str) -> Said[str]:
        """Send to a list of people."""
        return await self._mass(mass.to_people(self._api, addresses, content, key))

    async def to_tag(self, tag: int, content: Content, key: str) -> Said[str]:
        """Send to everybody with a tag."""
        return await self._mass(mass.to_tag(self._api, tag, content, key))

    async def to_all(self, content: Content, key: str) -> Said[str]:
        """Send to every follower."""
        return await self._mass(mass.to_all(self._api, content, key))

    async def state(self, number: str) -> Said[MassState]:
        """Ask what became of a mass message."""
        return await self._said(mass.state(self._api, number))

    async def withdraw(self, number: str) -> Said[None]:
        """Delete a sent article's page."""
        return await self._said(mass.delete(self._api, number))

    async def preview(self, address: str, content: Content) -> Said[None]:
        """Show a message to one follower."""
        return await self._said(mass.preview(self._api, address, content))

    async def make_tag(self, name: str) -> Said[int]:
        """Return the number of the tag of this name."""
        return await self._said(tags.make(self._api, name))

    async def tag(self, number: int) -> Said[Tag]:
        """Return a tag as it stands."""
        said = await self._said(tags.every(self._api))
        if not said.done:
            return Said(said.outcome, None, said.cause, said.after)
        found = next((tag for tag in said.value or () if tag.number == number), None)
        return Said(Outcome.SENT, found) if found else Said(Outcome.REJECTED, cause=TAG_MISSING)

    async def tag_people(self, number: int, addresses: Sequence[str], on: bool = True) -> Said[None]:
        """Give a tag, or take it."""
        return await self._said(tags.give(self._api, number, addresses, on))

    async def drop_tag(self, number: int) -> Said[None]:
        """Delete a tag."""
        return await self._said(tags.delete(self._api, number))

    async def notice(self, address: str, template: str, fields: Mapping[str, str], page: str) -> Said[None]:
        """Send a subscription notice."""
        return await self._said(notices.send(self._api, address, template, fields, page))

    async def _mass(self, asked: Awaitable[tuple[str, bool]]) -> Said[str]:
        said = await self._said(asked)
        if said.value is None:
            return Said(said.outcome, None, said.cause, said.after)
        number, before = said.value
        return Said(Outcome.SENT, number, SENT_BEFORE if before else "")

    async def _said(self, asked: Awaitable[T]) -> Said[T]:
        try:
            return Said(Outcome.SENT, await asked)
        except NoToken as error:  # nothing went out, whatever the reason
            said: Said[T] = self._refused(error.code)
            return said if said.outcome is Outcome.HOLD else replace(said, outcome=Outcome.RETRY)
        except ApiError as error:
            return self._refused(error.code)
        except BadAnswer as error:
            later = error.status in LATER
            return Said(Outcome.RETRY if later else Outcome.UNKNOWN, cause=f"status {error.status}")
        except httpx.HTTPError as error:
            delivery = failed(error)
            return Said(delivery.outcome, cause=delivery.cause)

    def _refused(self, code: int) -> Said[T]:
        if not code:
            return Said(Outcome.RETRY, cause="no access token")
        meaning = self._table.get(code, UNKNOWN)
        if meaning.tell:
            log.error("WeChat answered %d: %s", code, meaning.tell)
        delivery = meaning.delivery()
        after = max(delivery.after, delivery.pause)
        return Said(delivery.outcome, None, delivery.cause, after, delivery.gone)


def build_broadcaster(settings: Settings, client: httpx.AsyncClient) -> WeChatBroadcaster | None:
    """Return the account that ``settings`` name, None without app id and secret."""
    if not settings.wechat_app_id or not settings.wechat_app_secret:
        return None
    table = load_table()
    api = make_api(settings, client, table, SECONDS)
    return WeChatBroadcaster(api, settings.wechat_app_id, settings.wechat_account, table)
