"""Searching the real shelf, and rebuilding what cannot be used."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from knowledge_base import search as searching
from knowledge_base.encoder.builtin import BuiltinEncoder
from knowledge_base.search import Searcher
from knowledge_base.settings import KnowledgeSettings
from knowledge_base.shelf import Phrase, Shelf


@pytest.fixture(scope="module")
def small(shelf: Shelf) -> Shelf:
    """Two bulletins and one kind of honest texts: quick to encode."""
    bulletins = {key: shelf.bulletins[key] for key in ("nfc_tap.card_on_phone", "fake_loan.unfreeze_fee")}
    return Shelf(bulletins, {"courier_pickup": shelf.lookalikes["courier_pickup"]}, shelf.sources, "v1")


@pytest.fixture
def searcher(small: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[KnowledgeSettings, Path]:
    monkeypatch.setattr(searching.shelves, "load", lambda: small)
    settings = KnowledgeSettings(data_dir=tmp_path)
    return settings, searching.index_path(settings)


def test_finds_by_meaning(searcher: tuple[KnowledgeSettings, Path]) -> None:
    hits = Searcher.load(searcher[0]).search("让我拿储蓄卡挨着手机后盖感应", 3)
    assert hits[0].phrase.owner == "nfc_tap.card_on_phone"
    assert hits[0].score >= hits[1].score >= hits[2].score


def test_second_start_does_not_rebuild(
    searcher: tuple[KnowledgeSettings, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    Searcher.load(searcher[0])
    monkeypatch.setattr(searching, "build", lambda *_: pytest.fail("rebuilt"))
    Searcher.load(searcher[0])


def test_a_damaged_index_is_rebuilt_and_right(
    searcher: tuple[KnowledgeSettings, Path], caplog: pytest.LogCaptureFixture
) -> None:
    settings, path = searcher
    first = Searcher.load(settings).search("取件码", 5)
    path.write_bytes(path.read_bytes()[:-1000])
    again = Searcher.load(settings).search("取件码", 5)
    assert again == first
    assert "do not fit its checksum" in caplog.text


def test_changed_knowledge_rebuilds(
    searcher: tuple[KnowledgeSettings, Path], small: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, _ = searcher
    Searcher.load(settings)
    fewer = Shelf({}, small.lookalikes, small.sources, "v2")
    monkeypatch.setattr(searching.shelves, "load", lambda: fewer)
    loaded = Searcher.load(settings)
    assert loaded.index.stamp.content == "v2"
    assert all(not hit.phrase.scam for hit in loaded.search("把卡贴在手机上", 5))


def test_encoder_vectors_are_unit_and_stable(encoder: BuiltinEncoder) -> None:
    one = encoder.encode(["您的包裹到了"])
    assert one.shape == (1, 512)
    assert abs(float((one * one).sum()) - 1) < 1e-4
    assert float((one @ encoder.encode(["您的包裹到了", "别的话"])[0])[0]) > 0.9999
    assert encoder.encode([]).shape == (0, 512)


def _is(wanted: str | None, phrase: Phrase) -> bool:
    return phrase.scam_type == wanted


def test_the_nearest_wanted_phrase_is_the_first_wanted_one_of_all(
    small: Shelf, encoder: BuiltinEncoder
) -> None:
    searcher = Searcher(small, searching.build(small, encoder), encoder)
    vector = encoder.encode(["客服说我的快递丢了要双倍赔我"])
    everything = searcher.search_vectors(vector, len(small.phrases))[0]
    for wanted in {hit.phrase.scam_type for hit in everything[:200]}:
        first = next(hit for hit in everything if hit.phrase.scam_type == wanted)
        found = searcher.nearest(vector, partial(_is, wanted))
        assert found == first
    with pytest.raises(StopIteration):
        searcher.nearest(vector, lambda _: False)
