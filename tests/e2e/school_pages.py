"""A school's web server for tests: one page with the widget's script tag, under a strict policy or none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>某某学院</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{script}</head><body><h1>某某学院</h1><p>通知：开学防骗。</p><p><a href="#x">链接</a></p>{more}</body></html>"""


class SchoolSite:
    """What the server answers; change it between two loads.

    ``url`` is another site than 127.0.0.1: a browser that blocks other sites' storage refuses it to the frame there.
    ``near`` is the same page under an address of the same site.
    """

    def __init__(self, port: int) -> None:
        self.url, self.near = f"http://localhost:{port}", f"http://127.0.0.1:{port}"
        self.script = self.more = self.policy = ""

    def embed(self, assistant: str, attributes: str = "", strict: bool = True) -> None:
        """Put the widget of ``assistant`` (its address) on the page."""
        self.script = f'<script src="{assistant}/widget.js" {attributes} defer></script>'
        self.policy = f"default-src 'none'; script-src {assistant}; frame-src {assistant}" if strict else ""


@contextmanager
def school_site() -> Iterator[SchoolSite]:
    """Serve a school's page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.format(script=site.script, more=site.more).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if site.policy:
                self.send_header("Content-Security-Policy", site.policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = SchoolSite(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
