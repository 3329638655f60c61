"""A strict WeChat behind a real socket, the database, and the runner with the real senders; the clock is WeChat's."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import httpx
from pytest_socket import enable_socket
from sqlalchemy import Engine, insert, select, update

from campaigns import jobs, planning
from campaigns.delivery.build import Means, senders
from campaigns.delivery.wechat_notice import Template
from campaigns.document import Campaign, build
from campaigns.jobs import SELECT, Job
from campaigns.runner import Desk, Runner
from campaigns.store import Store
from channels import people
from channels.base import Hook, Inbound
from channels.inbox import Inbox
from channels.keys import Keys, derive
from channels.wechat.adapter import make_api
from channels.wechat.broadcast import WeChatBroadcaster
from channels.wechat.errors import load_table
from storage.campaign_tables import campaign_letter, subscriber
from tests.channels import wechat_requests as wx
from tests.channels.wechat_fake import Fake, running

TEN = 1_796_090_400.0  # 2026-12-01 10:00 in Beijing
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
TEMPLATE = Template("tmpl-1", {"thing1": "notice", "time2": "date"}, "https://x.example/chat")
ARTICLE = {"title": "年前防骗", "digest": "先别转账", "body": "先别转账。\n\n- 打 96110\n- <b>问家人</b>"}


def campaign(*routes: str, **changes: Any) -> Campaign:
    """Return a small campaign."""
    known = {
        "id": "try",
        "title": "试一试",
        "kind": "flash",
        "audience": {"everyone": True},
        "bulletins": ["brushing_rebate_classic"],
        "routes": list(routes),
        "variants": [{"key": "a", "texts": {"message": "先别转账。", "notice": "先别转账"}}],
        "waves": [{"at": "2026-12-01T10:00:00"}],
        "cap": {"messages": 10, "days": 1},
    }
    return build({**known, **changes})


@dataclass
class Rig:
    """Everything a sender needs. ``picture`` is the cover of every article."""

    fake: Fake
    engine: Engine
    keys: Keys
    store: Store
    account: WeChatBroadcaster
    folder: Path
    picture: bytes | None = PNG
    template: Template | None = TEMPLATE
    robots: tuple[str, ...] = ("group",)
    to_all: bool = False

    def now(self) -> float:
        """Return the time of this world."""
        return self.fake.world.now()

    def means(self, account: Any = None) -> Means:
        """Return what senders are made of."""
        return Means(
            self.engine,
            self.keys,
            self.folder,
            account or self.account,
            lambda *_: self.picture,
            self.template,
            self.robots,
            self.to_all,
        )

    def runner(self, account: Any = None) -> Runner:
        """Return a new worker."""
        made = senders(self.means(account))
        desk = Desk(self.engine, self.keys, self.store, made, lambda _: [], lambda _: 0, self.now)
        return Runner(desk)

    def add(self, *openids: str, agreed: bool = True) -> list[int]:
        """Let people follow, and agree; returns their numbers."""
        found = []
        with self.engine.begin() as connection:
            for openid in openids:
                self.fake.world.person(openid).subscribed = True
                owner = self.keys.owner("wechat", openid, wx.APP_ID)
                inbound = Inbound("wechat", openid, account=wx.APP_ID)
                found.append(people.meet(connection, self.keys, inbound, owner, self.now()).id)
                wish = {
                    "topics": "",
                    "frequency": "all",
                    "role": "",
                    "district": "",
                    "language": "zh",
                    "age": "",
                }
                values = {**wish, "wording": "1", "since": 0.0, "changed_at": 0.0}
                connection.execute(insert(subscriber).values(person_id=found[-1], active=agreed, **values))
        return found

    def say_no(self, person_id: int) -> None:
        """Let a person unsubscribe."""
        with self.engine.begin() as connection:
            connection.execute(
                update(subscriber).where(subscriber.c.person_id == person_id).values(active=False)
            )

    def schedule(self, wanted: Campaign) -> None:
        """Have a campaign approved, its one wave due now."""
        before = 0.0  # its document's time is now, too late to be planned
        self.store.save(wanted, "ann", before)
        self.store.previewed(wanted.id, "ann", before)
        self.store.submit(wanted.id, "ann", lambda _: [], before)
        self.store.approve(wanted.id, "bob", wanted.digest, lambda _: [], before)
        with self.engine.begin() as connection:
            planning.unplan(connection, wanted.id)
            jobs.add(connection, wanted.id, 0, SELECT, self.now())

    async def go(self, wanted: Campaign, rounds: int = 60, account: Any = None, step: float = 600.0) -> None:
        """Let a worker do the wave to its end, or for so many rounds; the clock goes on by what it asks for."""
        runner = self.runner(account)
        for _ in range(rounds):
            wait = await runner.advance(wanted.id, 0)
            await self.settle()
            if wait is None:
                return
            self.fake.world.offset += min(wait, step)

    async def settle(self) -> None:
        """Let WeChat do what is due, and tell it."""
        self.fake.mass.work()
        while self.fake.pusher._tasks:
            await asyncio.gather(*self.fake.pusher._tasks)

    def jobs(self, wanted: Campaign) -> list[Job]:
        """Return the jobs of the campaign without the wave itself."""
        with self.engine.connect() as connection:
            return [job for job in jobs.of(connection, wanted.id) if job.route != SELECT]

    def letters(self, wanted: Campaign) -> dict[int, tuple[str, str]]:
        """Return person → (state, cause)."""
        table = campaign_letter.c
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(table.person_id, table.state, table.cause).where(table.campaign == wanted.id)
            )
            return {row.person_id: (row.state, row.cause) for row in rows}

    def got(self, openid: str) -> list[str]:
        """Return what stands on a person's phone, by how it came."""
        return [one["from"] for one in self.fake.world.person(openid).phone]

    def calls(self, path: str) -> int:
        """Return how often an address of the API was called."""
        return sum(line["way"] == "api" and line["path"].endswith(path) for line in self.fake.world.ledger)

    def fault(self, path: str, **fault: Any) -> None:
        """Let the next call of ``path`` meet a fault."""
        self.fake.world.faults.setdefault(f"/cgi-bin/{path}", deque()).append(fault)


class Died(Exception):
    """The worker was killed."""


class Mortal:
    """An account whose worker dies right after the call ``name`` was answered."""

    def __init__(self, account: WeChatBroadcaster, name: str) -> None:
        self._account, self._name = account, name

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._account, name)
        if name != self._name:
            return found

        async def die(*words: Any) -> None:
            await found(*words)
            raise Died

        return die


@contextlib.asynccontextmanager
async def rig(engine: Engine, folder: Path, kind: str = "service") -> AsyncIterator[Rig]:
    """Open a rig whose WeChat tells its events to the real adapter and inbox."""
    enable_socket()
    keys = derive([b"k" * 32])
    async with running(kind) as fake, httpx.AsyncClient(trust_env=False) as client:
        fake.world.offset = TEN - time.time()
        made = wx.settings(wechat_api_base=fake.address, wechat_account=kind)
        table = load_table()
        account = WeChatBroadcaster(make_api(made, client, table, 1.0), wx.APP_ID, kind, table)  # type: ignore[arg-type]
        heard = httpx.MockTransport(hearing(engine, keys, fake.world.now))
        fake.pusher.clients = repeat(httpx.AsyncClient(transport=heard))
        yield Rig(fake, engine, keys, Store(engine), account, folder)


def hearing(
    engine: Engine, keys: Keys, clock: Callable[[], float]
) -> Callable[[httpx.Request], httpx.Response]:
    """Return what stores each callback as the gateway does."""
    channel = wx.channel()
    channel._parts.envelope._clock = clock
    inbox = Inbox(engine, keys)

    def hear(request: httpx.Request) -> httpx.Response:
        hook = Hook("POST", dict(request.headers), dict(request.url.params), request.content)
        channel.verify(hook)
        for message in channel.parse(hook):
            owner = keys.owner(message.channel, message.sender, message.account)
            inbox.take(message, None, owner, clock())
        return httpx.Response(200, text="success")

    return hear
