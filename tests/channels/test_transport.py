"""Real sockets that fail in each way: only what was surely not sent may be sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from pytest_socket import enable_socket

from channels.base import Delivery, Outcome
from channels.transport import failed

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    await asyncio.sleep(1)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.close()


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()


async def push(url: str) -> Delivery:
    async with httpx.AsyncClient(timeout=0.3, trust_env=False) as client:
        try:
            await client.post(url, json={"text": "x"})
        except httpx.HTTPError as error:
            return failed(error)
    return Delivery(Outcome.SENT)


@pytest.mark.parametrize(
    ("handler", "cause"), [(silent, "timeout"), (hang_up, "line broke"), (half_an_answer, "line broke")]
)
async def test_it_may_have_been_taken(handler: Handler, cause: str) -> None:
    enable_socket()
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await push(f"http://127.0.0.1:{port}") == Delivery(Outcome.UNKNOWN, cause)


async def test_nobody_was_there() -> None:
    enable_socket()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert await push(f"http://127.0.0.1:{port}") == Delivery(Outcome.RETRY, "no connection")
    assert (await push("gopher://127.0.0.1")).outcome is Outcome.RETRY
