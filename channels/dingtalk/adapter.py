"""The DingTalk channel: an in-house robot's callbacks in, answers to the session's address out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from channels.base import (
    Asset,
    Capabilities,
    Contract,
    Delivery,
    GiveUp,
    Hook,
    HookAnswer,
    Inbound,
    Media,
    Outcome,
    Outgoing,
    Push,
    Refuse,
    Reply,
    Take,
    Turn,
)
from channels.dingtalk import parse, signature
from channels.dingtalk.api import SECONDS, Api
from channels.dingtalk.session import Hosts
from channels.mentions import load_silencer
from channels.settings import Settings, SettingsError
from channels.sizes import cut
from channels.transport import failed
from channels.wechat import letters
from channels.wechat.api import TooLarge
from channels.wechat.errors import UNKNOWN, ApiError, BadAnswer, Table, load_table
from channels.wechat.words import Words, words_of

HERE = Path(__file__).parent
TEXT_BYTES = 2048
ROOM = 1800  # bytes of an answer's own words: in a group a line is added
PACE = ((20, 60.0),)  # DingTalk's limit for robots in a group; nothing else is documented for sessions
LATER = {429, 503}
log = logging.getLogger("fanzha.dingtalk")


@dataclass(frozen=True, slots=True)
class Lines:
    """The channel's own words, beside those all channels without buttons have."""

    words: Words
    in_group: str
    silent: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the channel is made of."""

    app_key: str
    secret: str
    robot_code: str
    hosts: Hosts
    api: Api
    lines: Lines
    table: Table
    clock: Callable[[], float] = time.time


class DingTalkChannel:
    """One in-house robot. Answers can be sent as long as the session of the person's last message lasts."""

    name = parse.NAME
    path = "/webhooks/dingtalk"
    contract = Contract()
    capabilities = Capabilities(push=Push.WINDOW, text_bytes=TEXT_BYTES, pictures=True, pace=PACE)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def greet(self, hook: Hook) -> HookAnswer | None:
        """Return None: DingTalk checks our address with a POST."""
        return None

    def verify(self, hook: Hook) -> None:
        """Raise ``Forged`` unless the request was signed with the app's secret, just now."""
        signature.check(hook, self._parts.secret, self._parts.clock())

    def parse(self, hook: Hook) -> Sequence[Inbound]:
        """Return the message; nothing for what cannot be read, so that nobody sees an error."""
        parts = self._parts
        try:
            data = parse.read(hook.body)
        except Refuse as refuse:
            log.warning("a callback was dropped: %s", refuse.code)
            return []
        found = parse.message(data, parts.app_key, parts.robot_code, parts.hosts, parts.clock())
        return [] if found is None else [found]

    def split(self, turn: Turn) -> Sequence[Reply]:
        """Return the turn as texts with room for the line that is added in a group."""
        parts = letters.split(turn, self._parts.lines.words, pushes=True)
        return tuple(Reply(piece) for part in parts for piece in cut(_plain(part), ROOM))

    def answer(self, hook: Hook, turn: Turn) -> HookAnswer:
        """Return that the message was taken; answers go to the session's address."""
        return HookAnswer(b"{}")

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Send a text to the session. The gateway knows how long the session lasts."""
        parts = self._parts
        if not parts.hosts.has(outgoing.route):  # checked when it came, and again now that it is used
            return Delivery(Outcome.HOLD, "no session")
        try:
            await parts.api.answer(outgoing.route, self._body(outgoing))
        except ApiError as error:
            meaning = parts.table.get(error.code, UNKNOWN)
            if meaning.tell:
                log.error("DingTalk answered %d: %s", error.code, meaning.tell)
            return meaning.delivery()
        except BadAnswer as error:
            later = error.status in LATER
            return Delivery(Outcome.RETRY if later else Outcome.UNKNOWN, f"status {error.status}")
        except httpx.HTTPError as error:
            return failed(error)
        except TooLarge:
            return Delivery(Outcome.UNKNOWN, "answer too long")
        return Delivery(Outcome.SENT)

    async def fetch(self, media: Media) -> bytes:
        """Return a picture from DingTalk's own hosts. Raises ``Retry`` or ``GiveUp``."""
        if not media.reference:
            raise GiveUp("nothing to fetch")
        return await self._parts.api.picture(media.reference)

    async def run(self, take: Take) -> None:
        """Return at once: DingTalk calls us."""

    def quota(self) -> Mapping[str, float]:
        """Return nothing: what is counted is counted per conversation, in the outbox."""
        return {}

    def assets(self) -> Sequence[Asset]:
        """Return nothing: DingTalk is the page."""
        return ()

    def _body(self, outgoing: Outgoing) -> dict[str, object]:
        lines, group = self._parts.lines, parse.in_group(outgoing.address)
        text = lines.silent(letters.harmless(outgoing.reply.text)) + (lines.in_group if group else "")
        body: dict[str, object] = {"msgtype": "text", "text": {"content": letters.fitting(text, TEXT_BYTES)}}
        if group:  # so that everybody sees whom the answer is for
            body["at"] = {"atUserIds": [parse.member(outgoing.address)], "isAtAll": False}
        return body


def _plain(part: Reply) -> str:
    """Return an article as lines; anything else is text already."""
    article = letters.article_of(part)
    if article is None:
        return part.text
    return "\n".join(filter(None, (article["title"], article["description"], article["url"])))


def build(settings: Settings, client: httpx.AsyncClient, seconds: float = SECONDS) -> DingTalkChannel | None:
    """Return the channel, None without an app key. Raises ``SettingsError`` when it is half configured."""
    if not settings.dingtalk_app_key:
        return None
    if not settings.dingtalk_app_secret:
        raise SettingsError("FANZHA_DINGTALK_APP_SECRET: is empty, so anybody could write in DingTalk's name")
    hosts = hosts_of(settings)
    api = make_api(settings, client, seconds)
    parts = Parts(
        settings.dingtalk_app_key,
        settings.dingtalk_app_secret,
        settings.dingtalk_robot_code,
        hosts,
        api,
        load_lines(),
        load_table(HERE / "errors.yml"),
    )
    return DingTalkChannel(parts)


def hosts_of(settings: Settings) -> Hosts:
    """Return the hosts that we connect to: DingTalk's own, unless other ones are configured."""
    return Hosts((settings.dingtalk_api_base, settings.dingtalk_webhook_base))


def make_api(settings: Settings, client: httpx.AsyncClient, seconds: float = SECONDS) -> Api:
    """Return the client of DingTalk's API."""
    # httpx tells every address it calls, and the session's key is part of it.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    app = (settings.dingtalk_app_key, settings.dingtalk_app_secret)
    robot_code = settings.dingtalk_robot_code or settings.dingtalk_app_key
    return Api(client, settings.dingtalk_api_base, hosts_of(settings), app, robot_code, seconds)


def load_lines(path: Path = HERE / "dingtalk.yml") -> Lines:
    """Return the channel's words."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    in_group = data.pop("in_group")
    return Lines(words_of(data), in_group, load_silencer())
