"""The built-in encoder served by numpy gives the vectors that sentence-transformers computes."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge_base.encoder import encoder as encoders
from knowledge_base.encoder.builtin import BuiltinEncoder
from knowledge_base.settings import KnowledgeSettings
from knowledge_base.shelf import Shelf


@pytest.fixture(scope="module")
def sample(shelf: Shelf) -> list[str]:
    phrases = shelf.phrases
    texts = [phrases[at].text for at in range(0, len(phrases), max(1, len(phrases) // 60))]
    return [*texts, "a", "嗯嗯嗯", "!!!", "😀", "Mixed 中文 and English 13800000000"]


def test_same_vectors_both_ways(encoder: BuiltinEncoder, sample: list[str]) -> None:
    from knowledge_base.encoder.module import model

    through_torch = model().encode(sample, batch_size=16, show_progress_bar=False)
    cosines = (through_torch * encoder.encode(sample)).sum(axis=1)
    assert cosines.min() > 0.999


def test_any_other_model_by_one_setting(encoder: BuiltinEncoder, sample: list[str], tmp_path: Path) -> None:
    """A saved model folder is found through FANZHA_ENCODER (here: our own module, saved and loaded)."""
    from sentence_transformers import SentenceTransformer

    from knowledge_base.encoder.module import model
    from knowledge_base.encoder.transformer import TransformerEncoder

    model().save(str(tmp_path))
    other = TransformerEncoder(
        "copy", SentenceTransformer(str(tmp_path), device="cpu", trust_remote_code=True)
    )
    assert other.dimension == 512
    assert (other.encode(sample[:5]) * encoder.encode(sample[:5])).sum(axis=1).min() > 0.999
    assert other.encode([]).shape == (0, 512)


def test_an_unknown_model_is_an_error_not_a_silent_default(tmp_path: Path) -> None:
    with pytest.raises((OSError, ValueError)):
        encoders.load(KnowledgeSettings(encoder=str(tmp_path / "nothing here")))


def test_serving_does_not_import_torch() -> None:
    import subprocess
    import sys

    code = (
        "import sys, bot.assessment.assessor as a; a.Assessor.load().assess('x');"
        "print('torch' in sys.modules, 'sklearn' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False"]
