"""The rival of the whole-chain measurement: stock Rasa with one trivial custom action, in a throw-away folder."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.house import READY_WITHIN, ROOT, HouseFailed, free_ports
from bench.processes import Family, end

PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
ANSWER = "ok"
# The least a Rasa bot can do: no message is known, so each one is a fallback that one rule answers with the action.
# "en" because the cheapest tokenizer refuses "zh"; nothing here looks at the words.
FILES = {
    "config.yml": """
recipe: default.v1
assistant_id: bare
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: KeywordIntentClassifier
  - name: FallbackClassifier
    threshold: 0.3
policies:
  - name: RulePolicy
""",
    "domain.yml": """
version: "3.1"
intents: [greet, nlu_fallback]
actions: [action_trivial]
session_config:
  session_expiration_time: 60
  carry_over_slots_to_new_session: true
""",
    "data/nlu.yml": """
version: "3.1"
nlu:
  - intent: greet
    examples: |
      - hello
      - hi there
""",
    "data/rules.yml": """
version: "3.1"
rules:
  - rule: every message
    steps:
      - intent: nlu_fallback
      - action: action_trivial
  - rule: hello
    steps:
      - intent: greet
      - action: action_trivial
""",
    "credentials.yml": "rest:\n",
    "actions.py": f"""
from rasa_sdk import Action


class ActionTrivial(Action):
    def name(self):
        return "action_trivial"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="{ANSWER}")
        return []
""",
}


@dataclass(frozen=True)
class BareBot:
    """The running rival."""

    port: int
    family: Family


@contextmanager
def bare_bot() -> Iterator[BareBot]:
    """Write, train and start the bot; end it. Raises ``HouseFailed``."""
    with tempfile.TemporaryDirectory(prefix="fanzha-bare-") as name:
        folder = Path(name)
        port, actions_port, _ = free_ports()
        endpoints = f"action_endpoint:\n  url: http://127.0.0.1:{actions_port}/webhook\n"
        for file, text in {**FILES, "endpoints.yml": endpoints}.items():
            path = folder / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        _train(folder)
        rasa = _start(folder, "rasa.log", "run", "-i", "127.0.0.1", "-p", str(port))
        actions = _start(folder, "actions.log", "run", "actions", "-p", str(actions_port))
        try:
            _wait_answer(port, rasa, folder / "rasa.log")
            yield BareBot(port, Family({"rasa": rasa.pid, "actions": actions.pid}))
        finally:
            end(rasa)
            end(actions)


def _environment() -> dict[str, str]:
    own = ("FANZHA_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    # The same thread setting as ours: more threads would only slow it down on a small machine.
    return {**kept, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}


def _train(folder: Path) -> None:
    done = subprocess.run(
        [PYTHON, "-m", "rasa", "train"],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=READY_WITHIN,
        check=False,
    )
    if done.returncode:
        raise HouseFailed(f"the bare bot cannot be trained:\n{done.stdout.decode(errors='replace')[-2000:]}")


def _start(folder: Path, log: str, *arguments: str) -> subprocess.Popen[bytes]:
    with (folder / log).open("wb") as stream:
        return subprocess.Popen(
            [PYTHON, "-m", "rasa", *arguments],
            cwd=folder,
            env=_environment(),
            stdout=stream,
            stderr=subprocess.STDOUT,
        )


def _wait_answer(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
    with httpx.Client(timeout=5, trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                answer = client.post(url, json={"sender": "warm", "message": "0"})
                if ANSWER in answer.text:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.5)
    raise HouseFailed(f"the bare bot does not answer:\n{log.read_text(errors='replace')[-2000:]}")
