"""The client of ``bench.webhooks``, a process of its own: WeChat's callbacks, signed and encrypted, at their own pace.

Arrivals are open-loop: a request goes out when it is due, whether earlier ones were answered or not, and its time
counts from when it was due. ``python -m bench.webhook_client --port 8000 --rate 200 --seconds 15``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field

from bench.texts import Composer
from bench.wire import Line, NoAnswer
from tests.fakes.wechat.sealing import envelope
from tests.fakes.wechat.world import Account

PATH = "/webhooks/wechat"
TEXT = (
    "<xml><ToUserName>{us}</ToUserName><FromUserName>{who}</FromUserName><CreateTime>{now}</CreateTime>"
    "<MsgType>text</MsgType><Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId></xml>"
)
REPORT = (
    "<xml><ToUserName>{us}</ToUserName><FromUserName>{who}</FromUserName><CreateTime>{now}</CreateTime>"
    "<MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event><MsgID>{number}</MsgID>"
    "<Status>send success</Status></xml>"
)


@dataclass
class Seen:
    """Seconds from due to answered: ``texts`` may wait for their answer, ``reports`` want none. ``wrong``: no 200."""

    texts: list[float] = field(default_factory=list)
    reports: list[float] = field(default_factory=list)
    wrong: int = 0
    late: float = 0.0  # the worst that this client itself was behind


@dataclass(frozen=True)
class Callback:
    """One request, ready to be sent."""

    due: float
    report: bool
    path: str
    body: bytes


def callbacks(rate: float, seconds: float, reports: float, seed: int) -> list[Callback]:
    """Return requests at random intervals, ``rate`` a second; ``reports`` is the share that wants no answer."""
    chance, composer, account = random.Random(seed), Composer.load(seed), Account()
    now, due = time.time(), 0.0
    made: list[Callback] = []
    while due < seconds:
        report = chance.random() < reports
        number = seed * 10_000_000 + len(made)
        words = {
            "us": account.name,
            "who": f"openid-{seed}-{len(made):06}",
            "now": int(now),
            "number": number,
        }
        plain = REPORT.format(**words) if report else TEXT.format(**words, text=composer.text())
        query, body = envelope(plain, account.token, account.aes_key, account.app_id, now)
        path = f"{PATH}?" + "&".join(f"{name}={value}" for name, value in query.items())
        made.append(Callback(due, report, path, body))
        due += chance.expovariate(rate)
    return made


async def send(port: int, made: list[Callback]) -> Seen:
    """Send each when it is due and return how long each took."""
    seen = Seen()
    idle: list[Line] = []

    async def one(callback: Callback, due: float) -> None:
        line = idle.pop() if idle else Line(port)
        try:
            answer = await line.send(callback.path, callback.body, "text/xml")
            seen.wrong += answer.status != 200
        except NoAnswer:
            seen.wrong += 1
        (seen.reports if callback.report else seen.texts).append(time.perf_counter() - due)
        idle.append(line)

    started = time.perf_counter() + 0.5
    async with asyncio.TaskGroup() as tasks:
        for callback in made:
            due = started + callback.due
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            seen.late = max(seen.late, time.perf_counter() - due)
            tasks.create_task(one(callback, due))
    return seen


def main() -> None:
    """Send, and write what was seen as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--reports", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    made = callbacks(options.rate, options.seconds, options.reports, options.seed)
    sys.stdout.write(json.dumps(asdict(asyncio.run(send(options.port, made)))))


if __name__ == "__main__":
    main()
