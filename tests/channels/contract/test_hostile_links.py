"""Links that people paste are words: on every channel none is opened, and no name in one is looked up."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from cases import CASES, Case
from pytest_socket import enable_socket

from bot.assessment.assessor import Assessor

CORPUS = yaml.safe_load(Path(__file__).with_name("hostile_links.yml").read_text(encoding="utf-8"))
LINKS = [
    link.replace("{n}", str(number))
    for number, link in enumerate(link for kind in CORPUS.values() for link in kind)
]
SENTENCE = "他发来 {link} 让我点开转账"


class Line:
    """Notes every address that this process connects to, and every name that it looks up."""

    def __init__(self) -> None:
        self.called: set[str] = set()

    @contextlib.contextmanager
    def watched(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def noting(real: Callable[..., Any], host: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **more: Any) -> Any:
                self.called.add(str(host(*args)))
                return real(*args, **more)

            return call

        with monkeypatch.context() as patch:
            for name in ("connect", "connect_ex", "sendto"):
                address = noting(getattr(socket.socket, name), lambda _, *rest: rest[-1][:2])
                patch.setattr(socket.socket, name, address)
            for name in ("getaddrinfo", "gethostbyname", "create_connection"):
                patch.setattr(socket, name, noting(getattr(socket, name), lambda host, *_: host))
            yield


@contextlib.asynccontextmanager
async def platform_of(case: Case) -> AsyncIterator[str]:
    if case.platform is None:
        yield ""
        return
    async with case.platform("takes") as address:
        yield address


def test_the_watch_sees_a_connection_and_a_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    enable_socket()
    line = Line()
    with line.watched(monkeypatch), contextlib.suppress(OSError), socket.socket() as caller:
        socket.getaddrinfo("localhost", 1)
        caller.connect(("127.0.0.1", 1))
    assert line.called == {"localhost", "('127.0.0.1', 1)"}


@pytest.mark.asyncio
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_no_link_is_opened_on_any_channel(
    case: Case, open_gateway: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    enable_socket()
    async with platform_of(case) as address:
        channel = case.build(address)
        more = () if case.name == "web" else (channel,)
        async with open_gateway(more=more, burst_seconds=0) as gateway:
            line = Line()
            with line.watched(monkeypatch):
                for number, link in enumerate(LINKS):
                    hook = case.good(str(number), SENTENCE.format(link=link), f"person-{number:010}")
                    request = {
                        "params": dict(hook.query),
                        "headers": dict(hook.headers),
                        "content": hook.body,
                    }
                    answer = await gateway.client.post(channel.path, **request)
                    assert answer.status_code == 200, link
                async with asyncio.timeout(30):
                    while len(gateway.dialogue.history) < len(LINKS):
                        await asyncio.sleep(0.05)
                await asyncio.sleep(0.3)  # what is pushed goes out now
    own = urlsplit(address)
    assert line.called <= {f"('{own.hostname}', {own.port})", str(own.hostname)}
    heard = [message for _, message in gateway.dialogue.history]
    assert all(SENTENCE.partition("{link}")[0] in message for message in heard)


@pytest.mark.asyncio
async def test_no_link_is_opened_when_it_is_judged(
    open_gateway: Callable[..., Any], assessor: Assessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real assessor, by the API; it must not ask for lists of domains either."""
    enable_socket()
    line = Line()
    async with open_gateway(assessor=assessor) as gateway:
        with line.watched(monkeypatch):
            for link in LINKS:
                for text in (link, SENTENCE.format(link=link)):
                    answer = await gateway.check(text)
                    assert answer.status_code in {200, 422}, text
                    if answer.status_code == 200:
                        assert answer.json()["verdict"] != "official", link
    assert line.called == set()
