"""The gateway's routes for campaigns over a real database, with senders that need no network, and four operators."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import httpx
import yaml
from fastapi import FastAPI
from sqlalchemy import Engine

from campaigns.api.annex import campaign_routes
from campaigns.api.desk import ROOT
from campaigns.calendar.days import CHINA
from campaigns.delivery.build import Means, senders
from campaigns.office.ground import Ground
from campaigns.outfit import Outfit
from campaigns.senders import LETTERS
from channels.answers import refusal
from channels.base import Refuse
from channels.keys import derive
from channels.operators import load_campaign_operators, make_entry
from channels.rates import Rates
from channels.settings import Settings
from channels.wording import load_wording
from tests.campaigns.delivery_rig import PNG
from tests.campaigns.lint_house import GOOD, TEXTS

NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=CHINA).timestamp()
DAY = 86_400.0
ROLES = {"vera": "viewer", "ann": "author", "bob": "approver", "carl": "approver", "dora": "approver"}
TOKENS = {name: make_entry(name, role) for name, role in ROLES.items()}
SETTING = ",".join(entry for _, entry in TOKENS.values())


class Account:
    """A WeChat account that nobody calls."""

    account = "wx-1"

    def __init__(self, kind: str = "service") -> None:
        self.kind = kind


class Here:
    """The app, its clock and its database."""

    def __init__(
        self, engine: Engine, folder: Path, kind: str = "", ground: Ground | None = None, **means: Any
    ) -> None:
        self.engine = engine
        self.now = NOW
        keys = derive([b"k" * 32])
        account: Any = Account(kind) if kind else None
        cover = means.pop("cover", lambda *_: PNG)
        robots = frozenset(("class", "staff"))
        made = Means(engine, keys, folder, account, cover, robots=robots)
        outfit = Outfit(account, None, tuple(sorted(robots)), frozenset(LETTERS), False)
        self.ground = ground or Ground(engine, keys, outfit, senders(made), lambda: self.now)
        self.wording = load_wording()
        limits = dict.fromkeys(
            ("rate_per_minute", "rate_per_day", "rate_ip_per_minute", "rate_ip_per_day"), 0
        )
        settings = Settings(_env_file=None, data_dir=folder, **limits)
        app = FastAPI()
        app.include_router(
            campaign_routes(self.ground, load_campaign_operators(SETTING), Rates(settings), self.wording)
        )

        async def refused(_: Any, error: Any) -> Any:
            return refusal(error, self.wording)

        app.add_exception_handler(Refuse, refused)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test", follow_redirects=False
        )

    async def call(
        self, who: str, method: str, path: str, data: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send one request as ``who`` (empty: nobody)."""
        given = {"Authorization": f"Bearer {TOKENS[who][0]}"} if who else {}
        given |= headers or {}
        return await self.client.request(method, ROOT + path, json=data, headers=given)

    async def put(self, who: str, document: dict[str, Any], version: int | None = None) -> httpx.Response:
        """Store a document."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return await self.call(who, "PUT", f"/{document['id']}", document, headers)

    async def raw(self, who: str, path: str, body: bytes, kind: str = "application/yaml") -> httpx.Response:
        """Store what is perhaps no document."""
        headers = {"Authorization": f"Bearer {TOKENS[who][0]}", "Content-Type": kind}
        return await self.client.put(ROOT + path, content=body, headers=headers)

    async def reviewed(self, document: dict[str, Any], author: str = "ann") -> str:
        """Bring a document to review; returns its digest."""
        stored = (await self.put(author, document)).json()
        assert "digest" in stored, stored
        assert (await self.call(author, "POST", f"/{document['id']}/preview")).status_code == 200
        done = await self.call(author, "POST", f"/{document['id']}/submit")
        assert done.status_code == 200, done.text
        return str(stored["digest"])

    async def approve(self, who: str, campaign: str, digest: str, **more: Any) -> httpx.Response:
        """Approve."""
        return await self.call(who, "POST", f"/{campaign}/approve", {"digest": digest, **more})

    async def approved(self, document: dict[str, Any]) -> str:
        """Bring a document to "scheduled"; returns its id."""
        digest = await self.reviewed(document)
        done = await self.approve("bob", document["id"], digest)
        assert done.status_code == 200, done.text
        return str(document["id"])


def document(texts: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a document without a fault where nothing but pages, files and one robot is set up."""
    variants = [{"texts": {**TEXTS, **(texts or {})}}]
    routes = ["telegram", "robot", "banner", "feed", "export"]
    return {**GOOD, "routes": routes, "variants": variants, **changes}


def as_yaml(found: dict[str, Any]) -> bytes:
    """Return a document as people write it."""
    return yaml.safe_dump(found, allow_unicode=True).encode()


def codes(answer: httpx.Response) -> set[str]:
    """Return the codes of what is to be mended."""
    return {one["code"] for one in answer.json()["error"].get("findings", ())}
