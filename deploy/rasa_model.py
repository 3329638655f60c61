"""Train the dialogue engine when, and only when, something it learns from has changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from bot import model_seal

ROOT = Path(__file__).resolve().parent.parent
KEPT_MODELS = 2  # the newest and the one before it, to go back to by hand


class TrainingError(Exception):
    """Rasa could not be trained; the message holds the last lines of its log."""


def inputs() -> list[Path]:
    """Return the files that a trained model depends on."""
    named = [ROOT / name for name in ("config.yml", "domain.yml", "locks/rasa.txt")]
    data = sorted((ROOT / "nlu_data").rglob("*.yml"))
    components = sorted(path for path in (ROOT / "bot" / "nlu").iterdir() if path.suffix in (".py", ".yml"))
    return [*named, *data, *components]


def fingerprint() -> str:
    """Return a hash over names and contents of ``inputs``."""
    digest = hashlib.sha256()
    for path in inputs():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_trained(folder: Path) -> bool:
    """Tell whether ``folder`` holds a model made from today's inputs, and as training left it."""
    stamp = folder / "fingerprint"
    return stamp.exists() and stamp.read_text() == fingerprint() and model_seal.is_sealed(folder)


def train(folder: Path, log: Path) -> None:
    """Train into ``folder`` and stamp it. Raises ``TrainingError``; the older model stays usable."""
    wanted = fingerprint()
    folder.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(ROOT / ".venv-rasa" / "bin" / "python"),
        "-m",
        "rasa",
        "train",
        "--data",
        "nlu_data",
        "--out",
        str(folder),
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    with log.open("w", encoding="utf-8") as stream:
        result = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=stream, stderr=subprocess.STDOUT, check=False
        )
    if result.returncode != 0:
        raise TrainingError(f"{log}:\n" + "\n".join(log.read_text(encoding="utf-8").splitlines()[-15:]))
    for old in sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-KEPT_MODELS]:
        old.unlink()
    model_seal.seal(folder)
    (folder / "fingerprint").write_text(wanted)
