"""The WeChat channel: callbacks in, passive replies and customer-service messages out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from channels.base import (
    Asset,
    Contract,
    Delivery,
    Forged,
    GiveUp,
    Hook,
    HookAnswer,
    Inbound,
    Kind,
    Media,
    Outcome,
    Outgoing,
    Push,
    Refuse,
    Reply,
    Retry,
    Take,
    Turn,
)
from channels.settings import Settings, SettingsError
from channels.transport import failed
from channels.wechat import events, letters, parse
from channels.wechat.api import SECONDS, Api, TooLarge
from channels.wechat.envelope import Envelope, key_of
from channels.wechat.errors import UNKNOWN, ApiError, BadAnswer, Meaning, NoToken, Table, load_table
from channels.wechat.fence import Fields
from channels.wechat.modes import MODES, Mode
from channels.wechat.render import passive
from channels.wechat.words import Words, load_words

SUCCESS = b"success"
DAILY_SENDS = 500_000  # customer-service messages of one account (platform-rules 1.11)
DAY = 86_400
CHINA = 8 * 3600  # quotas begin anew at midnight there
OFF_SECONDS = 3600.0  # after "not permitted" the interface is left alone so long
MOST_TYPING = 10  # people waiting for the sign that we write; more would be no sign any more
TYPING_SECONDS = 0.25  # between two signs: they must not crowd out the answers
LATER = {429, 503}  # HTTP statuses that say "not now"; other errors may hide that the message was taken
log = logging.getLogger("fanzha.wechat")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the channel is made of."""

    app_id: str
    mode: Mode
    envelope: Envelope
    api: Api
    words: Words
    table: Table
    clock: Callable[[], float] = time.time


class WeChatChannel:
    """One official account."""

    name = parse.NAME
    path = "/webhooks/wechat"
    contract = Contract()

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.capabilities = parts.mode.capabilities()
        self._typing: asyncio.Queue[str] = asyncio.Queue(MOST_TYPING)
        self._off_until = 0.0
        self._sent_on: tuple[int, int] = (0, 0)  # the day in China, and how many were sent on it

    def greet(self, hook: Hook) -> HookAnswer | None:
        """Return WeChat's echo. Raises ``Forged``."""
        return self._parts.envelope.greet(hook)

    def verify(self, hook: Hook) -> None:
        """Raise ``Forged`` unless the request is WeChat's; ``Refuse`` when it is no XML we would look into."""
        self._parts.envelope.check(hook)

    def parse(self, hook: Hook) -> Sequence[Inbound]:
        """Return the message or event; nothing for what cannot be read, so that nobody sees an error."""
        fields = self._open(hook)
        if fields is None:
            return []
        parts = self._parts
        if fields.get("MsgType") == "event":
            found = events.event(fields, parts.app_id, parts.words)
        else:
            found = parse.message(fields, parts.app_id, parts.words, collects=not parts.mode.pushes)
        return [] if found is None else [found]

    def split(self, turn: Turn) -> Sequence[Reply]:
        """Return the turn as texts of at most 2048 bytes."""
        return letters.split(turn, self._parts.words, self._parts.mode.pushes)

    def answer(self, hook: Hook, turn: Turn) -> HookAnswer:
        """Return the passive reply, or "success": no reply and no repetition."""
        replies = turn.replies
        if not replies:
            replies = self._later(hook) if turn.pending else self._no_more(hook)
        fields = self._open(hook) if replies else None
        if fields is None:
            return HookAnswer(SUCCESS, "text/plain")
        sealed = self._parts.envelope.seal(passive(fields, replies[0]))
        return HookAnswer(sealed.encode(), "application/xml")

    async def deliver(self, outgoing: Outgoing) -> Delivery:
        """Send a customer-service message. The gateway has counted it against the person's window."""
        now = self._parts.clock()
        if self.capabilities.push is Push.NEVER or now < self._off_until:
            return Delivery(Outcome.HOLD, "not permitted")
        try:
            await self._parts.api.post("/cgi-bin/message/custom/send", custom(outgoing))
        except NoToken as error:
            return self._refused(error.code, sent=False)
        except ApiError as error:
            return self._refused(error.code, sent=True)
        except BadAnswer as error:
            later = error.status in LATER
            return Delivery(Outcome.RETRY if later else Outcome.UNKNOWN, f"status {error.status}")
        except httpx.HTTPError as error:
            return failed(error)
        except TooLarge:
            return Delivery(Outcome.UNKNOWN, "answer too long")
        self._count(now)
        return Delivery(Outcome.SENT)

    async def fetch(self, media: Media) -> bytes:
        """Return a picture or a voice from WeChat's own host. Raises ``Retry`` or ``GiveUp``."""
        if not media.reference:
            raise GiveUp("nothing to fetch")
        try:
            return await self._parts.api.media(media.reference)
        except NoToken:
            raise Retry("no access token", 5.0) from None
        except ApiError as error:
            if self._meaning(error.code).do in {"retry", "token"}:
                raise Retry(f"WeChat answered {error.code}", 2.0) from None
            raise GiveUp(f"WeChat answered {error.code}") from None
        except (BadAnswer, TooLarge) as error:
            raise GiveUp(type(error).__name__) from None
        except httpx.HTTPError:
            raise Retry("the line broke", 2.0) from None

    async def run(self, take: Take) -> None:
        """Show people whose answer takes longer that we are writing; a failure of that is of no interest."""
        while True:
            person = await self._typing.get()
            body = {"touser": person, "command": "Typing"}
            await asyncio.sleep(TYPING_SECONDS)
            try:
                await self._parts.api.post("/cgi-bin/message/custom/typing", body)
            except (ApiError, NoToken, BadAnswer, TooLarge, httpx.HTTPError) as error:
                log.info("the sign that we write was not shown: %s", type(error).__name__)

    def quota(self) -> Mapping[str, float]:
        """Return how many customer-service messages this process may send today, were it alone."""
        if not self._parts.mode.pushes:
            return {}
        day, sent = self._sent_on
        return {"custom_send": float(DAILY_SENDS - (sent if day == self._day(self._parts.clock()) else 0))}

    def assets(self) -> Sequence[Asset]:
        """Return nothing: WeChat is the page."""
        return ()

    def _open(self, hook: Hook) -> Fields | None:
        try:
            return self._parts.envelope.open(hook)
        except (Forged, Refuse) as error:
            log.warning("a callback was dropped: %s", type(error).__name__)
            return None

    def _later(self, hook: Hook) -> tuple[Reply, ...]:
        """What to say while the answer is not ready: the sign that we write, else how to ask for it."""
        if not self._parts.mode.pushes:
            return (Reply(self._parts.words.pending),)
        fields = self._open(hook)
        if fields is not None and not self._typing.full() and self._parts.clock() >= self._off_until:
            self._typing.put_nowait(fields.get("FromUserName"))
        return ()

    def _no_more(self, hook: Hook) -> tuple[Reply, ...]:
        """What to say to somebody who asks for more when there is none."""
        if self._parts.mode.pushes or all(message.kind is not Kind.COLLECT for message in self.parse(hook)):
            return ()
        return (Reply(self._parts.words.no_more),)

    def _refused(self, code: int, sent: bool) -> Delivery:
        if not code:
            return Delivery(Outcome.RETRY, "no access token")
        meaning = self._meaning(code)
        if meaning.tell:
            log.error("WeChat answered %d: %s", code, meaning.tell)
        if meaning.stop:
            self._off_until = self._parts.clock() + OFF_SECONDS
        delivery = meaning.delivery()
        if (
            not sent and delivery.outcome is not Outcome.HOLD
        ):  # the refusal is of the token, not of the message
            return Delivery(Outcome.RETRY, meaning.cause, pause=meaning.pause)
        return delivery

    def _meaning(self, code: int) -> Meaning:
        return self._parts.table.get(code, UNKNOWN)

    def _count(self, now: float) -> None:
        today, (day, sent) = self._day(now), self._sent_on
        self._sent_on = (today, sent + 1 if day == today else 1)

    @staticmethod
    def _day(now: float) -> int:
        return int((now + CHINA) // DAY)


def custom(outgoing: Outgoing) -> dict[str, object]:
    """Return the body of a customer-service message."""
    article = letters.article_of(outgoing.reply)
    if article is not None:
        shown = {name: article[name] for name in ("title", "description", "url")} | {
            "picurl": article["image"]
        }
        return {"touser": outgoing.address, "msgtype": "news", "news": {"articles": [shown]}}
    text = letters.fitting(letters.harmless(outgoing.reply.text))
    return {"touser": outgoing.address, "msgtype": "text", "text": {"content": text}}


def build(settings: Settings, client: httpx.AsyncClient, seconds: float = SECONDS) -> WeChatChannel | None:
    """Return the channel, None without an app id. Raises ``SettingsError`` when it is half configured."""
    if not settings.wechat_app_id:
        return None
    if not settings.wechat_token:
        raise SettingsError("FANZHA_WECHAT_TOKEN: is empty, so anybody could write in WeChat's name")
    key = _key(settings)
    mode = MODES[settings.wechat_account]
    if mode.pushes and not settings.wechat_app_secret:
        raise SettingsError("FANZHA_WECHAT_APP_SECRET: is needed to send customer-service messages")
    table = load_table()
    api = make_api(settings, client, table, seconds)
    envelope = Envelope(settings.wechat_token, settings.wechat_app_id, key)
    return WeChatChannel(Parts(settings.wechat_app_id, mode, envelope, api, load_words(), table))


def make_api(settings: Settings, client: httpx.AsyncClient, table: Table, seconds: float = SECONDS) -> Api:
    """Return the client of WeChat's API. Raises ``SettingsError`` without app id and secret."""
    if not settings.wechat_app_id:
        raise SettingsError("FANZHA_WECHAT_APP_ID: is empty")
    # httpx tells every address it calls, and the access token is part of it.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    base, secret = settings.wechat_api_base, settings.wechat_app_secret
    return Api(client, base, settings.wechat_app_id, secret, table, seconds)


def _key(settings: Settings) -> bytes | None:
    if settings.wechat_plain:
        return None
    try:
        return key_of(settings.wechat_aes_key)
    except ValueError as error:
        raise SettingsError(
            f"FANZHA_WECHAT_AES_KEY: {error}; without one nothing proves who wrote a message "
            "(FANZHA_WECHAT_PLAIN=true allows that for a trial)"
        ) from None
