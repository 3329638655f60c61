"""What a test or the demo's phone does: follow, write, press, scan, send pictures; faults, time, and the ledger."""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.fakes.wechat.mass import Mass
from tests.fakes.wechat.pusher import Pusher
from tests.fakes.wechat.world import CLICK, MESSAGE, World

PHONE = Path(__file__).with_name("phone.html")
Body = Mapping[str, Any]


class Control:
    """The hands of the people, and of whoever makes trouble."""

    def __init__(self, world: World, mass: Mass, pusher: Pusher) -> None:
        self.world = world
        self.mass = mass
        self.pusher = pusher

    def routes(self) -> list[Route]:
        """Return the routes below /control, and the phone."""
        acts: dict[str, Callable[[Body], Any]] = {
            "follow": self.follow,
            "crowd": self.crowd,
            "leave": self.leave,
            "scan": self.scan,
            "say": self.say,
            "say_all": self.say_all,
            "send": self.send,
            "click": self.click,
            "read_code": self.read_code,
            "popup": self.popup,
            "fault": self.fault,
            "advance": self.advance,
            "expire_tokens": lambda _: self.world.expire_tokens(),
            "ip": lambda body: setattr(self.world, "ip_listed", bool(body["listed"])),
            "confirm": lambda body: self.mass.confirm(int(body["msg_id"]), bool(body["agreed"])),
            "review": lambda body: setattr(self.mass, "verdict", str(body["verdict"])),
            "lose_events": lambda body: setattr(self.mass, "lost_events", int(body["count"])),
            "send_by_hand": lambda body: {"msg_id": self.mass.by_hand(str(body["draft"]))},
            "press": lambda body: {"publish_id": self.mass.box.press(str(body["draft"]))},
            "drop_answers": lambda body: setattr(self.pusher, "drop_answers", int(body["count"])),
        }
        made = [Route(f"/control/{name}", _act(act), methods=["POST"]) for name, act in acts.items()]
        return [
            *made,
            Route("/", lambda _: HTMLResponse(PHONE.read_text(encoding="utf-8"))),
            Route("/control/ledger", self.ledger),
            Route("/control/phone/{openid}", self.phone),
            Route("/control/menu", lambda _: JSONResponse(self.world.menu or {})),
        ]

    def follow(self, body: Body) -> None:
        """Follow the account, perhaps by a QR code."""
        person = self.world.person(str(body["openid"]))
        person.subscribed, person.scene = True, str(body.get("scene", ""))
        self.world.opens(person.openid, "subscribe", CLICK)
        key = {"EventKey": f"qrscene_{person.scene}", "Ticket": "t"} if person.scene else {"EventKey": ""}
        self._event(person.openid, "subscribe", key)

    def crowd(self, body: Body) -> None:
        """Let many have followed the account some time ago."""
        for openid in body["openids"]:
            self.world.person(str(openid)).subscribed = True

    def leave(self, body: Body) -> None:
        """Unfollow."""
        self.world.person(str(body["openid"])).subscribed = False
        self._event(str(body["openid"]), "unsubscribe", {"EventKey": ""})

    def scan(self, body: Body) -> None:
        """Scan a QR code as a follower."""
        self.world.opens(str(body["openid"]), "scan", CLICK)
        self._event(str(body["openid"]), "SCAN", {"EventKey": str(body["scene"]), "Ticket": "t"})

    def say(self, body: Body) -> dict[str, Any]:
        """Write a text."""
        return self._message(str(body["openid"]), "text", {"Content": str(body["text"])})

    def say_all(self, body: Body) -> None:
        """Let many write, evenly within ``seconds``: a list ``lines`` of openid and text."""
        lines, seconds = body["lines"], float(body["seconds"])
        loop = asyncio.get_running_loop()
        for at, (openid, text) in enumerate(lines):
            loop.call_later(seconds * at / len(lines), self.say, {"openid": openid, "text": text})

    def send(self, body: Body) -> dict[str, Any]:
        """Send a message of another type; ``file`` (base64) becomes its MediaId."""
        fields = dict(body.get("fields") or {})
        if body.get("file"):
            fields["MediaId"] = f"media-{self.world.number()}"
            data = base64.b64decode(body["file"])
            kind = str(body.get("media_type", "image/jpeg"))
            self.world.media[fields["MediaId"]] = (kind, data, self.world.now() + 3 * 86_400)
        return self._message(str(body["openid"]), str(body["kind"]), fields)

    def click(self, body: Body) -> None:
        """Press a menu entry."""
        self.world.opens(str(body["openid"]), "click", CLICK)
        self._event(str(body["openid"]), "CLICK", {"EventKey": str(body["key"])})

    def read_code(self, body: Body) -> None:
        """Scan any QR code through the menu."""
        self.world.opens(str(body["openid"]), "click", CLICK)
        found = {"ScanType": "qrcode", "ScanResult": str(body["text"])}
        self._event(str(body["openid"]), "scancode_waitmsg", {"EventKey": "scan", "ScanCodeInfo": found})

    def popup(self, body: Body) -> None:
        """Accept or refuse a subscription notice."""
        said = str(body["status"])
        template = str(body["template"])
        if said == "accept":
            self.world.person(str(body["openid"])).grants[template] += 1
        entry = {"TemplateId": template, "SubscribeStatusString": said, "PopupScene": 1}
        self._event(
            str(body["openid"]), "subscribe_msg_popup_event", {"SubscribeMsgPopupEvent": {"List": entry}}
        )

    def fault(self, body: Body) -> None:
        """Let the next ``times`` calls of ``path`` (or "for ever") meet ``fault``: errcode, status, silent, hang up, delay."""
        times = body.get("times", 1)
        fault = dict(body["fault"])
        waiting = self.world.faults.setdefault(str(body["path"]), deque())
        if times == 0:
            waiting.clear()
        elif times == "for ever":
            waiting.append({**fault, "times": times})
        else:
            waiting.extend(dict(fault) for _ in range(int(times)))

    def advance(self, body: Body) -> None:
        """Put the clock forward."""
        self.world.offset += float(body["seconds"])

    def ledger(self, request: Request) -> Response:
        """Return everything that was sent and received, from line ``since`` on."""
        return JSONResponse(self.world.ledger[int(request.query_params.get("since", 0)) :])

    def phone(self, request: Request) -> Response:
        """Return what one person sees."""
        person = self.world.person(request.path_params["openid"])
        typing = person.typing_until > self.world.now()
        windows = {name: [left, until - self.world.now()] for name, (left, until) in person.windows.items()}
        seen = {
            "messages": person.phone,
            "typing": typing,
            "subscribed": person.subscribed,
            "windows": windows,
        }
        return JSONResponse(seen)

    def _message(self, openid: str, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        person = self.world.person(openid)
        person.subscribed = True
        person.last_spoke = self.world.now()
        number = self.world.number()
        self.world.opens(openid, "message", MESSAGE)
        shown = str(fields.get("Content") or f"[{kind}]")
        person.phone.append({"from": "me", "text": shown})
        self.world.note("said", openid, number=str(number), text=shown)
        self.pusher.later(openid, kind, {**fields, "MsgId": number})
        return {"number": str(number)}

    def _event(self, openid: str, name: str, fields: Body) -> None:
        self.world.person(openid).last_spoke = self.world.now()
        self.pusher.later(openid, "event", {"Event": name, **fields})


def _act(act: Callable[[Body], Any]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        found = act(await request.json() if await request.body() else {})
        return JSONResponse(found if isinstance(found, dict) else {"ok": True})

    return answer
