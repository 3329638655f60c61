"""A real gateway process that logs JSON, while nothing it needs is there: each line is JSON, none holds what was said."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from pytest_socket import enable_socket

ROOT = Path(__file__).resolve().parents[2]
SAID = "他让我转账到6222020000000000000，电话13800138000"
SESSION = "log-session-000000001"


def until(done: Callable[[], bool], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.processes
def test_each_line_is_json_without_content(tmp_path: Path) -> None:
    enable_socket()
    if (ROOT / ".var" / "index").exists():
        shutil.copytree(ROOT / ".var" / "index", tmp_path / "index")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "FANZHA_DATA_DIR": str(tmp_path),
        "FANZHA_LOG_JSON": "true",
        "FANZHA_RASA_URL": "http://127.0.0.1:1",
        "FANZHA_ACTIONS_URL": "http://127.0.0.1:1/webhook",
    }
    command = [sys.executable, "-m", "uvicorn", "channels.gateway:create_default_app", "--factory"]
    with (tmp_path / "out").open("wb") as out:
        gateway = subprocess.Popen(
            [*command, "--no-access-log", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:

                def alive() -> bool:
                    try:
                        return client.get("/healthz").status_code == 200
                    except httpx.HTTPError:
                        return False

                until(alive)
                for _ in range(3):
                    said = client.post("/api/v1/chat", json={"session_id": SESSION, "text": SAID})
                    assert said.json()["degraded"]
                client.post("/api/v1/chat", content=b"\xff" + SAID.encode())
        finally:
            gateway.send_signal(signal.SIGTERM)
            gateway.wait(20)
    text = (tmp_path / "out").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert any(line["message"] == "fallback: cause=unreachable" for line in lines)
    assert not [secret for secret in ("13800138000", "6222", SESSION, "转账") if secret in text]
