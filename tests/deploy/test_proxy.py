"""The proxy's configuration: by its text, and by a real Caddy where one is installed (apt install caddy)."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_socket import enable_socket

from channels.gateway import create_app
from channels.settings import Settings

CADDYFILE = Path(__file__).resolve().parents[2] / "deploy" / "Caddyfile"
ALERTS = CADDYFILE.parent / "prometheus" / "alerts.yml"
# From outside nobody reaches these; the operators' API only from their offices.
PRIVATE = ("/metrics", "/docs", "/docs/*", "/openapi.json", "/api/v1/operator/*")


def public() -> list[str]:
    found = re.search(r"@public path (.+)", CADDYFILE.read_text())
    assert found is not None
    return found.group(1).split()


def paths(routes: Any) -> Iterator[str]:
    for route in routes:
        if hasattr(route, "path"):
            yield route.path
        inner = getattr(route, "routes", None) or getattr(
            getattr(route, "original_router", None), "routes", None
        )
        if inner:
            yield from paths(inner)


def test_every_address_of_the_gateway_is_public_or_private_on_purpose(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        wechat_app_id="wx1",
        wechat_app_secret="s",
        wechat_token="t",
        wechat_aes_key="a" * 43,
        operators="li:agent:" + "0" * 64,
    )
    served = set(paths(create_app(settings).routes))
    assert {"/chat", "/webhooks/wechat", "/metrics"} <= served

    def one_of(path: str, patterns: Any) -> bool:
        return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)

    assert {path for path in served if not one_of(path, public()) and not one_of(path, PRIVATE)} == set()
    assert {path for path in served if one_of(path, PRIVATE[:4]) and one_of(path, public())} == set()


class Echo(BaseHTTPRequestHandler):
    """A gateway that says what it was asked, and by whom."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        said = f"{self.path} {self.headers.get('x-forwarded-for')}".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def caddy(tmp_path: Path) -> Iterator[tuple[httpx.Client, Path, ThreadingHTTPServer]]:
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("no Caddy here (apt install caddy)")
    enable_socket()
    gateway = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    config, log, port = tmp_path / "Caddyfile", tmp_path / "log", free_port()
    config.write_text(CADDYFILE.read_text().replace(":gateway} 8000", f":gateway}} {gateway.server_port}"))
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "SITE": f"http://127.0.0.1:{port}",
        "OFFICE": "203.0.113.0/24",
        "GATEWAY": "127.0.0.1",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program, "run", "--config", str(config), "--adapter", "caddyfile"],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client:
            end = time.monotonic() + 15
            while time.monotonic() < end:
                try:
                    client.get("/healthz")
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield client, log, gateway
    finally:
        process.terminate()
        process.wait(10)
        gateway.shutdown()
        gateway.server_close()


def test_a_real_caddy_lets_through_what_is_public_and_logs_nobody(
    caddy: tuple[httpx.Client, Path, ThreadingHTTPServer],
) -> None:
    client, log, gateway = caddy
    for path in ("/", "/chat", "/chat/chat.js", "/webhooks/wechat", "/api/v1/check", "/readyz"):
        answer = client.get(path, headers={"X-Forwarded-For": "6.6.6.6"})
        assert answer.text == f"{path} 127.0.0.1", "a visitor's own word about his address is not passed on"
    for path in ("/metrics", "/docs", "/openapi.json", "/api/v1/operator/cases", "/etc/passwd"):
        assert client.get(path).status_code == 404
    large = b"\0" * 200_000
    assert client.post("/api/v1/check/image", content=large).status_code == 200
    assert client.post("/api/v1/check", content=large).status_code >= 400
    gateway.shutdown()
    gateway.server_close()
    assert client.get("/webhooks/wechat?openid=secret-person").status_code >= 500
    time.sleep(0.2)
    assert "secret-person" not in log.read_text() and "127.0.0.1:" not in log.read_text()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool here (apt install prometheus)")
def test_prometheus_takes_the_rules() -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
