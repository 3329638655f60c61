"""Menu, tags, QR codes and followers' data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request

from tests.fakes.wechat.codes import Code
from tests.fakes.wechat.world import World

MOST_TAGS, MOST_TAGS_EACH, MOST_BATCH, BIG_TAG = 100, 20, 50, 100_000
Body = Mapping[str, Any]
Handler = Callable[[Body, Request], Mapping[str, Any]]


class Desk:
    """The handlers by path."""

    def __init__(self, world: World) -> None:
        self.world = world

    def handlers(self) -> dict[str, tuple[str, Handler]]:
        """Return path → (method, handler)."""
        return {
            "/cgi-bin/menu/create": ("POST", self.menu_create),
            "/cgi-bin/menu/get": ("GET", lambda _, __: {"menu": self.world.menu or {}}),
            "/cgi-bin/menu/delete": ("GET", self.menu_delete),
            "/cgi-bin/tags/create": ("POST", self.tag_create),
            "/cgi-bin/tags/get": ("GET", self.tag_list),
            "/cgi-bin/tags/delete": ("POST", self.tag_delete),
            "/cgi-bin/tags/members/batchtagging": ("POST", lambda body, _: self.tagging(body, True)),
            "/cgi-bin/tags/members/batchuntagging": ("POST", lambda body, _: self.tagging(body, False)),
            "/cgi-bin/qrcode/create": ("POST", self.code_create),
            "/cgi-bin/user/info": ("GET", self.user_info),
            "/cgi-bin/user/get": ("GET", self.user_list),
        }

    def menu_create(self, body: Body, _: Request) -> Mapping[str, Any]:
        """Take a menu of at most 3 × 5 with short names."""
        self.world.spend("menu/create")
        if self.world.account.kind == "unverified":
            raise Code(48001)
        tops = body.get("button")
        if not isinstance(tops, list) or not 1 <= len(tops) <= 3:
            raise Code(40016)
        for top in tops:
            self._name(top, 16)
            below = top.get("sub_button") or []
            if len(below) > 5:
                raise Code(40016)
            for entry in below or [top]:
                self._name(entry, 60)
                if entry.get("type") not in {"click", "view", "scancode_waitmsg", "scancode_push"}:
                    raise Code(40016)
                if entry["type"] == "view" and not entry.get("url"):
                    raise Code(40016)
                if entry["type"] != "view" and not 1 <= len(str(entry.get("key", "")).encode()) <= 128:
                    raise Code(40016)
        self.world.menu = dict(body)
        return {}

    def menu_delete(self, _: Body, __: Request) -> Mapping[str, Any]:
        """Drop the menu."""
        self.world.menu = None
        return {}

    def tag_create(self, body: Body, _: Request) -> Mapping[str, Any]:
        """Make a tag."""
        self._verified()
        name = str((body.get("tag") or {}).get("name") or "")
        if not name or name in self.world.tags.values():
            raise Code(45157)
        if len(name.encode()) > 30:
            raise Code(45158)
        if len(self.world.tags) >= MOST_TAGS:
            raise Code(45056)
        number = self.world.last_tag = self.world.last_tag + 1
        self.world.tags[number] = name
        return {"tag": {"id": number, "name": name}}

    def tag_list(self, _: Body, __: Request) -> Mapping[str, Any]:
        """List the tags with their counts."""
        people = self.world.people.values()
        return {
            "tags": [
                {"id": number, "name": name, "count": sum(number in person.tags for person in people)}
                for number, name in self.world.tags.items()
            ]
        }

    def tag_delete(self, body: Body, _: Request) -> Mapping[str, Any]:
        """Delete a tag, unless it is WeChat's own."""
        number = (body.get("tag") or {}).get("id")
        if number in {0, 1, 2}:
            raise Code(45058)
        if number not in self.world.tags:
            raise Code(45159)
        if sum(number in person.tags for person in self.world.people.values()) > BIG_TAG:
            raise Code(45057)
        del self.world.tags[number]
        for person in self.world.people.values():
            person.tags.discard(number)
        return {}

    def tagging(self, body: Body, on: bool) -> Mapping[str, Any]:
        """Tag or untag up to 50 followers."""
        self._verified()
        openids, number = body.get("openid_list"), body.get("tagid")
        if not isinstance(openids, list) or not 1 <= len(openids) <= MOST_BATCH:
            raise Code(40032)
        if number not in self.world.tags:
            raise Code(45159)
        people = [self.world.follower(openid) for openid in openids]
        if on and any(len(person.tags | {number}) > MOST_TAGS_EACH for person in people):
            raise Code(45059)
        for person in people:
            person.tags = person.tags | {number} if on else person.tags - {number}
        return {}

    def code_create(self, body: Body, _: Request) -> Mapping[str, Any]:
        """Make a QR code with a scene."""
        if self.world.account.kind != "service":
            raise Code(48001)
        self.world.spend("qrcode/create")
        scene = str(((body.get("action_info") or {}).get("scene") or {}).get("scene_str") or "")
        if body.get("action_name") not in {"QR_STR_SCENE", "QR_LIMIT_STR_SCENE"} or not re.fullmatch(
            r".{1,64}", scene
        ):
            raise Code(40053)
        seconds = int(body.get("expire_seconds", 60))
        if body["action_name"] == "QR_STR_SCENE" and not 1 <= seconds <= 2_592_000:
            raise Code(40053)
        ticket = f"ticket-{self.world.number()}"
        self.world.codes[ticket] = scene
        return {"ticket": ticket, "url": f"http://weixin.qq.com/q/{ticket}"}

    def user_info(self, _: Body, request: Request) -> Mapping[str, Any]:
        """Return what is told of a person: since 2021 neither name nor picture."""
        person = self.world.people.get(request.query_params.get("openid", ""))
        if person is None:
            raise Code(40003)
        if not person.subscribed:
            return {"subscribe": 0, "openid": person.openid}
        return {
            "subscribe": 1,
            "openid": person.openid,
            "qr_scene_str": person.scene,
            "tagid_list": sorted(person.tags),
        }

    def user_list(self, _: Body, request: Request) -> Mapping[str, Any]:
        """Return the followers, 10,000 at a time."""
        followers = sorted(person.openid for person in self.world.people.values() if person.subscribed)
        after = request.query_params.get("next_openid", "")
        page = [openid for openid in followers if openid > after][:10_000]
        return {
            "total": len(followers),
            "count": len(page),
            "data": {"openid": page},
            "next_openid": page[-1] if page else "",
        }

    def _verified(self) -> None:
        if self.world.account.kind == "unverified":
            raise Code(48001)

    @staticmethod
    def _name(entry: Mapping[str, Any], most: int) -> None:
        if not 1 <= len(str(entry.get("name", "")).encode()) <= most:
            raise Code(40018)
