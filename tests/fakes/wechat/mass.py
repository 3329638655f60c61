"""Mass sending and notices: quotas, the admin's confirmation, results that come later as events."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.wechat.box import Box
from tests.fakes.wechat.codes import Code
from tests.fakes.wechat.world import CHINA, Person, World

CONFIRM_SECONDS = 30 * 60.0
PER_MONTH = 4  # 服务号: for each person
MOST_OPENIDS = 10_000
KINDS = {"mpnews", "text", "voice", "image", "mpvideo", "wxcard"}


@dataclass
class Job:
    """A mass message on its way. ``state``: confirming, sending, or WeChat's final words."""

    number: int
    to: list[str]
    content: str
    asked_at: float
    state: str
    sent: int = 0
    errors: int = 0


class Mass:
    """Mass messages and notices; drafts are in ``box``. ``tell(event, fields)`` pushes a result event."""

    def __init__(self, world: World, tell: Callable[[str, Mapping[str, Any]], None]) -> None:
        self.world = world
        self.tell = tell
        self.jobs: dict[int, Job] = {}
        self.by_client: dict[str, int] = {}
        self.box = Box(world, tell)
        self.drafts = self.box.drafts
        self.lost_events = 0  # so many results are told to nobody
        self.verdict = "send success"  # what the review will say, e.g. err(20008)
        self.protected = True  # sending to all waits for the admin

    def send(self, body: Mapping[str, Any], everybody: bool) -> dict[str, Any]:
        """Take a mass message. Raises ``Code``."""
        world = self.world
        if world.account.kind == "unverified":
            raise Code(48001)
        if not everybody and world.account.kind != "service":
            raise Code(48001)
        client = str(body.get("clientmsgid", ""))
        if len(client.encode()) > 64:
            raise Code(45067)
        if client in self.by_client:
            raise Code(45065, msg_id=self.by_client[client])
        to = self._recipients(body, everybody)
        content = self._content(body)
        world.spend("mass")
        if world.account.kind == "subscription" and any(
            self._day(job.asked_at) == self._day(world.now()) for job in self.jobs.values()
        ):
            raise Code(45028)
        number = world.number()
        self.box.leave(str((body.get("mpnews") or {}).get("media_id") or ""))
        to_all = everybody and bool((body.get("filter") or {}).get("is_to_all"))
        state = "confirming" if to_all and self.protected else "sending"
        self.jobs[number] = Job(number, to, content, world.now(), state)
        if client:
            self.by_client[client] = number
        world.note("mass", msg_id=number, people=len(to), state=state)
        return {
            "errcode": 0,
            "errmsg": "send job submission success",
            "msg_id": number,
            "msg_data_id": number,
        }

    def by_hand(self, draft: str) -> int:
        """Let a person send a draft to all on WeChat's own page. Raises ``Code``."""
        self.box.get({"media_id": draft})
        self.box.leave(draft)
        number = self.world.number()
        followers = [person.openid for person in self.world.people.values() if person.subscribed]
        self.jobs[number] = Job(number, followers, draft, self.world.now(), "sending")
        return number

    def confirm(self, number: int, agreed: bool) -> None:
        """Let the admin decide."""
        job = self.jobs[number]
        if job.state == "confirming":
            job.state = "sending" if agreed else "send fail"
            if not agreed:
                self._finish(job)

    def work(self) -> None:
        """Do what is due: confirmations that nobody gave, messages to be sent."""
        for job in self.jobs.values():
            if job.state == "confirming" and self.world.now() > job.asked_at + CONFIRM_SECONDS:
                job.state = "send fail"
                self._finish(job)
            elif job.state == "sending":
                self._send(job)

    def status(self, number: object) -> dict[str, Any]:
        """Return what mass/get says."""
        job = self.jobs.get(int(str(number or 0)))
        if job is None:
            raise Code(40003)
        words = {
            "send success": "SEND_SUCCESS",
            "sending": "SENDING",
            "confirming": "SENDING",
            "deleted": "DELETE",
        }
        return {"msg_id": job.number, "msg_status": words.get(job.state, "SEND_FAIL")}

    def preview(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Show a mass message to one follower, outside all quotas but the daily one. Raises ``Code``."""
        person = self.world.follower(body.get("touser"))
        content = self._content(body)
        self.world.spend("mass/preview")
        person.phone.append({"from": "mass", "text": content})
        self.world.note("preview", person.openid)
        return {"errcode": 0, "errmsg": "preview success"}

    def notice(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a subscription notice: one for each time the person agreed (43101 without). Raises ``Code``."""
        person = self.world.follower(body.get("touser"))
        template = str(body.get("template_id") or "")
        if not isinstance(body.get("data"), dict) or not body["data"]:
            raise Code(47001)
        if person.grants[template] < 1:
            raise Code(43101)
        person.grants[template] -= 1
        words = " ".join(str(entry.get("value", "")) for entry in body["data"].values())
        person.phone.append({"from": "notice", "text": words})
        self.world.note("notice", person.openid, template=template)
        sent = {
            "TemplateId": template,
            "MsgID": self.world.number(),
            "ErrorCode": 0,
            "ErrorStatus": "success",
        }
        self.tell("subscribe_msg_sent_event", {"SubscribeMsgSentEvent": {"List": sent}})
        return {"errcode": 0, "errmsg": "ok"}

    def delete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Delete an article's page; phones keep what they got. Raises ``Code``."""
        job = self.jobs.get(int(body.get("msg_id") or 0))
        if job is None:
            raise Code(40003)
        self.world.note("mass deleted", msg_id=job.number)
        if job.state in {"sending", "confirming"}:
            job.state = "deleted"
        return {"errcode": 0, "errmsg": "ok"}

    def _recipients(self, body: Mapping[str, Any], everybody: bool) -> list[str]:
        followers = [person.openid for person in self.world.people.values() if person.subscribed]
        if not everybody:
            to = body.get("touser")
            if not isinstance(to, list) or not 2 <= len(to) <= MOST_OPENIDS:
                raise Code(40032)
            known = frozenset(followers)
            return [one for one in to if one in known]
        chosen = body.get("filter") or {}
        if chosen.get("is_to_all"):
            return followers
        if chosen.get("tag_id") not in self.world.tags:
            raise Code(45159)
        return [one for one in followers if chosen["tag_id"] in self.world.people[one].tags]

    def _content(self, body: Mapping[str, Any]) -> str:
        kind = body.get("msgtype")
        if kind not in KINDS:
            raise Code(48008)
        value = body.get(str(kind)) or {}
        if kind == "mpnews" and value.get("media_id") not in self.drafts:
            raise Code(40007)
        if kind == "text" and not value.get("content"):
            raise Code(44004)
        return str(value.get("content") or value.get("media_id"))

    def _send(self, job: Job) -> None:
        job.state = self.verdict
        for openid in job.to if self.verdict == "send success" else []:
            if self._may(self.world.people[openid]):
                job.sent += 1
                self.world.people[openid].phone.append({"from": "mass", "text": job.content})
                self.world.note("mass received", openid, msg_id=job.number)
            else:
                job.errors += 1
        self._finish(job)

    def _may(self, person: Person) -> bool:
        if self.world.account.kind != "service":
            return True
        month = time.strftime("%Y-%m", time.gmtime(self.world.now() + CHINA))
        if person.mass_in_month[month] >= PER_MONTH:
            return False
        person.mass_in_month[month] += 1
        return True

    def _finish(self, job: Job) -> None:
        fields = {
            "MsgID": job.number,
            "Status": job.state,
            "TotalCount": len(job.to),
            "FilterCount": job.sent + job.errors,
            "SentCount": job.sent,
            "ErrorCount": job.errors,
        }
        if self.lost_events:
            self.lost_events -= 1
            return
        self.tell("MASSSENDJOBFINISH", fields)

    @staticmethod
    def _day(at: float) -> int:
        return int((at + CHINA) // 86_400)
