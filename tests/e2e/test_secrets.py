"""300 planted secrets, the real processes, and every place where one of them could come to lie."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from planted import plant

from bot.assessment.placeholders import mask
from deploy import rasa_model
from deploy.parts import parts
from deploy.supervise import ROOT, Supervisor

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]
COUNT, SESSIONS, AT_ONCE = 300, 30, 3


@dataclass
class Tap:
    """A proxy on loopback that keeps all it passes on: what reaches the dialogue engine, and its tracker."""

    target: str
    passed: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        tap = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                tap.passed.append(body)
                self.relay(
                    httpx.post(
                        tap.target + self.path,
                        content=body,
                        headers={"Content-Type": self.headers["Content-Type"] or ""},
                        timeout=30,
                        trust_env=False,
                    )
                )

            def do_GET(self) -> None:
                try:
                    self.relay(httpx.get(tap.target + self.path, timeout=10, trust_env=False))
                except httpx.HTTPError:  # not there yet
                    self.relay(httpx.Response(503))

            def relay(self, answer: httpx.Response) -> None:
                tap.passed.append(answer.content)
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("content-type", "text/plain"))
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def all(self) -> str:
        return "\n".join(dict.fromkeys(_without_domain(body) for body in self.passed))


def _without_domain(body: bytes) -> str:
    """Return what passed; Rasa sends the whole domain (our own words, 100 kB) along with every action."""
    words = body.decode("utf-8", "replace")
    try:
        call = json.loads(words)
    except ValueError:
        return words
    if isinstance(call, dict):
        call.pop("domain", None)
    return json.dumps(call, ensure_ascii=False)


@dataclass
class House:
    """The running processes, with a tap before the dialogue engine and one before its actions."""

    folder: Path
    client: httpx.Client
    rasa: Tap
    actions: Tap

    def tell_rasa(self, what: signal.Signals) -> None:
        for process in psutil.process_iter(["cmdline", "environ"]):
            mine = (process.info["environ"] or {}).get("FANZHA_DATA_DIR") == str(self.folder)
            if mine and "bot.rasa_server" in (process.info["cmdline"] or []):
                os.kill(process.pid, what)

    def say_all(self, session: str, texts: list[str]) -> int:
        """Write ``texts`` one after the other; return how many got a whole answer. The first is also checked."""
        answered = 0
        for number, text in enumerate(texts):
            answer = self.client.post("/api/v1/chat", json={"session_id": session, "text": text}).json()
            answered += bool(answer["replies"]) and not answer["degraded"]
            if number == 0:
                assert self.client.post("/api/v1/check", json={"text": text}).status_code == 200
        return answered


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = ROOT / ".var"
    assert rasa_model.is_trained(data / "models"), "run `make test` (or `fanzha train`) first"
    folder = tmp_path_factory.mktemp("secrets")
    for name in ("index", "models"):
        shutil.copytree(data / name, folder / name)
    gateway, rasa, actions, campaigns = (free_port() for _ in range(4))
    taps = Tap(f"http://127.0.0.1:{rasa}"), Tap(f"http://127.0.0.1:{actions}")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "FANZHA_DATA_DIR": str(folder),
        "FANZHA_MODEL_FOLDER": str(folder / "models"),
        "FANZHA_RASA_PORT": str(rasa),
        "FANZHA_ACTIONS_PORT": str(actions),
        "FANZHA_RASA_URL": taps[0].url,
        "FANZHA_ACTIONS_URL": f"{taps[1].url}/webhook",
        "FANZHA_CAMPAIGNS_URL": f"http://127.0.0.1:{campaigns}",
        "FANZHA_DIALOGUE_TIMEOUT_SECONDS": "10",
        **{f"FANZHA_RATE_{name}": "0" for name in ("PER_MINUTE", "PER_DAY", "IP_PER_MINUTE", "IP_PER_DAY")},
    }
    supervisor = Supervisor(
        parts(gateway, rasa, actions, campaigns_port=campaigns), folder / "log", environment
    )
    url = f"http://127.0.0.1:{gateway}"
    try:
        supervisor.start()
        supervisor.wait_ready(f"{url}/readyz", lambda _: None)
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
            yield House(folder, client, *taps)
    finally:
        supervisor.stop()
        for tap in taps:
            tap.server.shutdown()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dump(database: Path) -> str:
    """Return every value of every table, and the raw bytes of the database's files."""
    rows: list[str] = []
    with sqlite3.connect(database) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows += [repr(row) for row in connection.execute(f"SELECT * FROM {table}")]
    raw = [path.read_bytes().decode("utf-8", "replace") for path in database.parent.glob(f"{database.name}*")]
    return "\n".join([*rows, *raw])


def test_every_planted_secret_is_seen_by_the_mask() -> None:
    missed = [text for text, traces in plant(COUNT) if any(trace in mask(text).text for trace in traces)]
    assert missed == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/model"),
        ("GET", "/status"),
        ("GET", "/domain"),
        ("POST", "/model/parse"),
        ("POST", "/model/train"),
        ("GET", "/conversations/anybody/tracker"),
        ("POST", "/conversations/anybody/tracker/events"),
    ],
)
def test_the_engines_own_doors_are_shut(house: House, method: str, path: str) -> None:
    """Rasa's HTTP API asks nobody who they are; only its REST channel is there, on loopback."""
    answer = httpx.request(method, house.rasa.target + path, json={}, timeout=20, trust_env=False)
    assert answer.status_code == 404


def test_no_secret_lies_anywhere(house: House) -> None:
    assert urlsplit(house.rasa.url).hostname == "127.0.0.1"
    planted = list(plant(COUNT))
    sessions = [f"secret-session-{number:08}" for number in range(SESSIONS)]
    shares = [[text for text, _ in planted[at::SESSIONS]] for at in range(SESSIONS)]
    with ThreadPoolExecutor(
        AT_ONCE
    ) as people:  # several at a time: engine, actions and gateway work side by side
        answered = sum(people.map(house.say_all, sessions, shares))
    assert answered >= COUNT * 0.95, "the talk went on normally"
    house.client.post("/api/v1/forget", json={"session_id": sessions[0]})
    house.tell_rasa(signal.SIGSTOP)  # what is said while the engine hangs must not be logged either
    for text, _ in planted[:4]:
        house.client.post("/api/v1/chat", json={"session_id": sessions[1], "text": text})
    house.tell_rasa(signal.SIGCONT)
    sinks = {
        "logs": "\n".join(
            path.read_text(encoding="utf-8", errors="replace")
            for path in (house.folder / "log").iterdir()
            if path.is_file()
        ),
        "database": dump(house.folder / "fanzha.db"),
        "engine's file": dump(house.folder / "dialogue.db"),
        "dialogue engine": house.rasa.all,
        "tracker": house.actions.all,
        "figures": house.client.get("/metrics").text,
    }
    for name, content in sinks.items():
        # The engine's and the actions' JSON may write Chinese as \\uXXXX.
        unescaped = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda code: chr(int(code.group(1), 16)), content)
        for text, traces in planted:
            found = [trace for trace in traces if trace in unescaped]
            assert not found, (name, mask(text).text)
        assert not any(session in content for session in sessions), name
    assert "#1>" in sinks["engine's file"], "the engine keeps masked words, and this test read them"
    assert "sender_id" in sinks["tracker"], "the actions see the tracker, and so did this test"
    assert json.dumps("<手机号#1>")[1:-1] in sinks["tracker"] or "<手机号#1>" in sinks["tracker"]
