"""An HTTP/1.1 client small enough not to be what is measured: keep-alive, JSON POST, loopback only."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
LONGEST_WAIT = 30.0  # seconds for one answer; what takes longer counts as lost


class NoAnswer(Exception):
    """The server closed the line, was silent too long, or spoke no HTTP that this client knows."""


@dataclass(frozen=True)
class Answer:
    """Status and body of one answer."""

    status: int
    body: bytes


class Line:
    """One connection to a port of this machine; opened when needed, opened again when the server closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: object) -> Answer:
        """Send JSON and return the answer. Raises ``NoAnswer``."""
        return await self.send(path, json.dumps(body, ensure_ascii=False).encode(), "application/json")

    async def send(self, path: str, data: bytes, media_type: str) -> Answer:
        """Send ``data`` and return the answer. Raises ``NoAnswer``."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {LOOPBACK}:{self._port}\r\n"
            f"Content-Type: {media_type}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        request = head.encode() + data
        fresh = self._streams is None
        try:
            return await asyncio.wait_for(self._exchange(request), LONGEST_WAIT)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.close()
            # A kept connection may have been closed by the server while idle: that is tried once more.
            if not fresh and isinstance(error, (ConnectionError, asyncio.IncompleteReadError)):
                return await self.send(path, data, media_type)
            raise NoAnswer(type(error).__name__) from None

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, request: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(LOOPBACK, self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
        answer = Answer(status, await reader.readexactly(length))
        if "connection: close" in head:
            self.close()
        return answer
