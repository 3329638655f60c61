"""``/healthz`` of the worker: whether it has looked for due campaigns lately. For the supervisor and the gateway."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STALE_SECONDS = 60.0  # choosing a hundred thousand people keeps the worker from looking for some seconds


class Pulse:
    """A server in a thread of its own, so that it answers while the worker computes."""

    def __init__(self, host: str, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Listen at once. Raises ``OSError`` when the port is taken."""
        self._clock = clock
        self._beaten = clock()
        pulse = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                well = self.path == "/healthz" and pulse.well()
                body = b'{"alive":true}' if well else b'{"alive":false}'
                self.send_response(200 if well else 404 if self.path != "/healthz" else 503)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing: it is asked every few seconds."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="healthz", daemon=True).start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def beat(self) -> None:
        """Note that the worker has just looked."""
        self._beaten = self._clock()

    def well(self) -> bool:
        """Tell whether it has looked within the last minute."""
        return self._clock() - self._beaten < STALE_SECONDS

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
