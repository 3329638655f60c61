"""A model that was changed, or came by another way than training, is not loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import model_seal
from deploy import rasa_model

ROOT = Path(__file__).parents[2]
MODEL = b"a trained model" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two models, as two trainings left them."""
    for at, name in enumerate(("20260101-old.tar.gz", "20260102-new.tar.gz")):
        (tmp_path / name).write_bytes(MODEL + name.encode())
        os.utime(tmp_path / name, (1000 + at, 1000 + at))
    model_seal.seal(tmp_path)
    return tmp_path


def test_the_newest_is_taken_and_the_list_is_sha256sums(folder: Path) -> None:
    found = model_seal.newest(folder)
    assert found is not None and found.name == "20260102-new.tar.gz"
    done = subprocess.run(["sha256sum", "-c", model_seal.LIST], cwd=folder, check=False, capture_output=True)
    assert done.returncode == 0


def test_no_model_is_no_model(tmp_path: Path) -> None:
    assert model_seal.newest(tmp_path) is None and not model_seal.is_sealed(tmp_path)


@pytest.mark.parametrize("at", [0, 700, -1])
def test_one_changed_byte_is_noticed(folder: Path, at: int) -> None:
    path = folder / "20260102-new.tar.gz"
    body = bytearray(path.read_bytes())
    body[at] ^= 1
    path.write_bytes(body)
    with pytest.raises(model_seal.NotSealed, match="20260102-new"):
        model_seal.newest(folder)


def test_a_foreign_model_is_refused_and_not_passed_over(folder: Path) -> None:
    (folder / "20990101-foreign.tar.gz").write_bytes(MODEL)
    assert not model_seal.is_sealed(folder), "an older one in its place would hide what happened"


def test_a_model_under_anothers_name_is_refused(folder: Path) -> None:
    (folder / "20260101-old.tar.gz").replace(folder / "20990101-renamed.tar.gz")
    os.utime(folder / "20990101-renamed.tar.gz", (9000, 9000))
    assert not model_seal.is_sealed(folder)


def test_without_the_list_nothing_is_loaded_and_training_is_due(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rasa_model, "fingerprint", lambda: "today")
    (folder / "fingerprint").write_text("today")
    assert rasa_model.is_trained(folder)
    (folder / model_seal.LIST).unlink()
    assert not rasa_model.is_trained(folder)


def test_the_image_seals_what_it_trains(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(MODEL)
    subprocess.run([sys.executable, "-m", "bot.model_seal", str(tmp_path)], cwd=ROOT, check=True)
    assert model_seal.is_sealed(tmp_path)
    assert "bot.model_seal models" in (ROOT / "deploy" / "docker" / "rasa.Dockerfile").read_text()


def test_the_dialogue_engine_does_not_start_with_a_tampered_model(folder: Path) -> None:
    (folder / "20260102-new.tar.gz").write_bytes(MODEL)
    started = subprocess.run(
        [str(ROOT / ".venv-rasa" / "bin" / "python"), "-m", "bot.rasa_server"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FANZHA_MODEL_FOLDER": str(folder)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert started.returncode == 1 and "the model is refused" in started.stderr
    assert "Traceback" not in started.stderr
