"""The index on disk: stale, foreign and damaged files never give a wrong answer."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.index import MAGIC, IndexCorrupt, IndexStale, PhraseIndex


@pytest.fixture
def vectors() -> np.ndarray:
    random = np.random.default_rng(7)
    rows = random.normal(size=(50, 16)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def stored(vectors: np.ndarray, tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "phrases.index"
    PhraseIndex.build(vectors, "content1", "encoder1").save(path)
    return path


def test_round_trip(stored: Path, vectors: np.ndarray) -> None:
    index = PhraseIndex.load(stored, "content1", "encoder1")
    scores, rows = index.search(vectors[:3], 5)
    assert rows[:, 0].tolist() == [0, 1, 2]
    assert scores.shape == (3, 5)
    np.testing.assert_allclose(scores[:, 0], 1.0, atol=1e-5)


def test_asking_for_more_than_there_is(stored: Path, vectors: np.ndarray) -> None:
    assert PhraseIndex.load(stored, "content1", "encoder1").search(vectors[:1], 500)[1].shape == (1, 50)


@pytest.mark.parametrize(("content", "encoder"), [("content2", "encoder1"), ("content1", "encoder2")])
def test_stale(stored: Path, content: str, encoder: str) -> None:
    with pytest.raises(IndexStale, match="content1 by encoder1"):
        PhraseIndex.load(stored, content, encoder)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"PK\x03\x04 a zip file",
        lambda data: data[:20],
        lambda data: data[:-100],
        lambda data: data[:-5] + b"\x00" * 5,
        lambda data: data + b"more",
        lambda data: MAGIC + struct.pack("<I", 2**31) + data,
        lambda data: data[:12] + b"[" + data[13:],
        lambda data: MAGIC + struct.pack("<I", 2) + b"{}",
    ],
)
def test_corrupt(stored: Path, damage: object) -> None:
    stored.write_bytes(damage(stored.read_bytes()))  # type: ignore[operator]
    with pytest.raises(IndexCorrupt):
        PhraseIndex.load(stored, "content1", "encoder1")


def test_every_flipped_byte_is_noticed(stored: Path, vectors: np.ndarray) -> None:
    good = stored.read_bytes()
    for at in range(0, len(good), 97):
        stored.write_bytes(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :])
        with pytest.raises((IndexCorrupt, IndexStale)):
            PhraseIndex.load(stored, "content1", "encoder1")


def test_a_failed_write_leaves_the_old_file(
    stored: Path, vectors: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored.read_bytes()

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        PhraseIndex.build(vectors[:10], "content2", "encoder1").save(stored)
    assert stored.read_bytes() == before
    assert list(stored.parent.iterdir()) == [stored]
