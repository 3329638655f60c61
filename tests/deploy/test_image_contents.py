"""What the images copy is enough: the same files in an empty folder, and the parts begin to run from there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = """
from pathlib import Path
from channels.gateway import create_app
from channels.settings import Settings
import bot.action_server, campaigns.service, channels.doctor.examine, channels.wechat.adapter, fanzha, tempfile
app = create_app(Settings(_env_file=None, data_dir=Path(tempfile.mkdtemp())))
executor = bot.action_server.build_executor()
print("actions", len(executor.actions) >= 10)
from knowledge_base import contacts, shelf
print("knowledge", len(shelf.load().bulletins) > 50, len(contacts.load().records) > 20)
"""


def copied(name: str, folder: Path) -> None:
    """Copy into ``folder`` what the Dockerfile copies."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "deploy" / "docker" / name).read_text())
    for words in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        *sources, target = words.split()
        for source in sources:
            place = folder / (target.removeprefix("./") + source if target.endswith("/") else target)
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)


def run(folder: Path, python: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [str(python), *words],
        cwd=folder,
        env={**environment, "HOME": str(folder / "home"), "RASA_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_gateway_and_actions_run_from_their_image(tmp_path: Path) -> None:
    copied("app.Dockerfile", tmp_path)
    done = run(tmp_path, ROOT / ".venv" / "bin" / "python", "-c", GATEWAY)
    assert done.stdout.splitlines() == ["actions True", "knowledge True True"], done.stderr[-2000:]
    shown = run(tmp_path, ROOT / ".venv" / "bin" / "python", "-m", "fanzha", "--help")
    assert "doctor" in shown.stdout and "backup" in shown.stdout


@pytest.mark.processes
def test_the_dialogue_engine_starts_from_its_image_as_far_as_its_model(tmp_path: Path) -> None:
    copied("rasa.Dockerfile", tmp_path)
    python = ROOT / ".venv-rasa" / "bin" / "python"
    started = run(tmp_path, python, "-m", "bot.rasa_server")
    assert "no trained model in" in started.stderr, "all of it is there but the model"
    for name in ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "nlu_data/rules"):
        assert (tmp_path / name).exists(), "the training reads it"
