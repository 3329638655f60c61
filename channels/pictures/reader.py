"""The gateway's side of reading pictures: a few worker processes, a short queue, a time limit.

Processes, not threads: a decoder that hangs or crashes over a stranger's file is ended, and its memory is its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from channels.base import Refuse
from channels.pictures.worker import LENGTH

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "channels.pictures.worker")
START_SECONDS = 60.0  # for loading the models on a slow machine
GRACE_SECONDS = 5.0  # a worker stops by itself between slices; past this it is stuck and is ended
RETRY_AFTER = 5  # seconds
log = logging.getLogger("fanzha.pictures")


class PicturesDown(Exception):
    """No picture can be read now; ``cause`` is a fixed word or the name of what is missing."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"pictures cannot be read: {cause}")
        self.cause = cause


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A square code's content; ``kind`` is a key of ``codes`` in pictures.yml, ``note`` its sentence for people."""

    text: str = field(repr=False)
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A picture's words, empty when there are none; ``whole`` is False when time ran out before its end."""

    text: str = field(repr=False)
    codes: tuple[ReadCode, ...] = ()
    whole: bool = True


class Reads(Protocol):
    """Whoever reads pictures; ``PictureReader`` in production."""

    async def read(self, data: bytes) -> Reading:
        """Return what stands in the picture. Raises ``Refuse`` and ``PicturesDown``."""

    async def warm(self) -> None:
        """Get ready, so that no person waits for it. Raises ``PicturesDown``."""

    def close(self) -> None:
        """End what runs."""


class PictureReader:
    """Reads at most ``at_once`` pictures side by side, each with ``threads`` threads, for about ``seconds``.

    ``waiting`` more may wait for their turn. ``command`` is what starts a worker; the numbers are added to it.
    """

    def __init__(
        self, at_once: int, waiting: int, threads: int, seconds: float, command: Sequence[str] = COMMAND
    ) -> None:
        self._most = at_once + waiting
        self._under_way = 0
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="pictures")
        self._workers: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for _ in range(at_once):
            self._workers.put(_Worker([*command, str(threads), str(seconds)], seconds))

    async def read(self, data: bytes) -> Reading:
        """Return what stands in the picture. Raises ``Refuse`` (the picture, or ``busy``) and ``PicturesDown``."""
        if self._under_way >= self._most:
            raise Refuse("busy", 429, retry_after=RETRY_AFTER)
        self._under_way += 1
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, data)
        finally:
            self._under_way -= 1
        if "refused" in answer:
            raise Refuse(answer["refused"], answer["status"])
        if "broken" in answer:
            raise PicturesDown(answer["broken"])
        return Reading(answer["text"], tuple(ReadCode(**code) for code in answer["codes"]), answer["whole"])

    async def warm(self) -> None:
        """Start one worker and load its models. Raises ``PicturesDown``."""
        answer = await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, None)
        if "broken" in answer:
            raise PicturesDown(answer["broken"])

    def close(self) -> None:
        """End the workers; a picture that is being read is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        while not self._workers.empty():
            self._workers.get().end()
        self._pool.shutdown()
        while not self._workers.empty():
            self._workers.get().end()

    def _ask(self, data: bytes | None) -> dict[str, Any]:
        worker = self._workers.get()
        try:
            return worker.start() if data is None else worker.ask(data)
        finally:
            self._workers.put(worker)


class _Worker:
    """One worker process, started when first needed and again after it was ended."""

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self._command = command
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> dict[str, Any]:
        """Start the process unless it runs, and return its first word: ``ready`` or ``broken``."""
        if self._process is not None and self._process.poll() is None:
            return {"ready": True}
        self.end()
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return self._within(START_SECONDS, None)

    def ask(self, data: bytes) -> dict[str, Any]:
        """Return the answer about one picture; a worker that is stuck or dead is ended and says ``broken``."""
        ready = self.start()
        return ready if "broken" in ready else self._within(self._seconds + GRACE_SECONDS, data)

    def end(self) -> None:
        """End the process and close its pipes."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def _within(self, seconds: float, data: bytes | None) -> dict[str, Any]:
        """Send ``data``, if any, and receive one answer. A timer kills the process, which ends the waiting."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(seconds, process.kill)
        timer.daemon = True
        timer.start()
        try:
            if data is not None:
                process.stdin.write(LENGTH.pack(len(data)) + data)
                process.stdin.flush()
            head = process.stdout.read(LENGTH.size)
            body = process.stdout.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""
            answer: dict[str, Any] = json.loads(body)
        except (OSError, ValueError):  # a broken pipe, or an answer that was cut off
            late = not timer.is_alive()
            self.end()
            log.warning("a worker for pictures %s and was ended", "took too long" if late else "died")
            return {"broken": "timeout" if late else "died"}
        finally:
            timer.cancel()
        if "broken" in answer:  # it may have lost memory or its models: the next picture gets a fresh one
            self.end()
        return answer
