"""Numbers for a text: stable, bounded, and the same whatever the batch."""

from __future__ import annotations

import numpy as np

from bot.nlu.features import (
    LOOK_AT,
    MOST_REMEMBERED,
    NGRAM_SIZE,
    SENTENCE_SIZE,
    Remembering,
    features,
    load_encoder,
    ngram_columns,
)


class FakeEncoder:
    def encode(self, texts: list[str]) -> np.ndarray:
        self.seen = texts
        return np.ones((len(texts), SENTENCE_SIZE), dtype=np.float32)


def test_rows_have_both_parts_and_unit_length_counts() -> None:
    encoder = FakeEncoder()
    rows = features(["我被骗了", "", "字" * 5000], encoder, use_ngrams=True)
    assert rows.shape == (3, SENTENCE_SIZE + NGRAM_SIZE)
    assert np.allclose(np.linalg.norm(rows[:, SENTENCE_SIZE:], axis=1), 1.0)
    assert all(0 < len(text) <= LOOK_AT for text in encoder.seen)


def test_columns_do_not_depend_on_the_process() -> None:
    assert ngram_columns("ab").tolist() == ngram_columns("AB").tolist()
    assert len(features(["a"], None, use_ngrams=True)[0]) == NGRAM_SIZE
    assert len(features(["a"], FakeEncoder(), use_ngrams=False)[0]) == SENTENCE_SIZE


def test_the_real_encoder_gives_unit_vectors() -> None:
    rows = np.asarray(load_encoder().encode(["我被骗了", "今天天气"]))
    assert rows.shape == (2, SENTENCE_SIZE) and np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-3)


class CountingEncoder:
    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def encode(self, texts: list[str]) -> np.ndarray:
        self.asked.append(texts)
        return np.asarray([[float(ord(text[0]))] * SENTENCE_SIZE for text in texts], dtype=np.float32)


def test_the_pieces_of_a_message_are_encoded_once() -> None:
    encoder = CountingEncoder()
    remembering = Remembering(encoder)
    first = remembering.encode(["a", "b"])
    assert np.array_equal(remembering.encode(["b"]), first[1:]), "the right one of them"
    assert np.array_equal(remembering.encode(["b", "a"]), first[::-1])
    assert encoder.asked == [["a", "b"]]


def test_only_the_last_message_is_remembered_and_no_training_set() -> None:
    encoder = CountingEncoder()
    remembering = Remembering(encoder)
    many = [chr(100 + number) for number in range(MOST_REMEMBERED + 1)]
    for texts in (["a"], ["b"], ["a"], many, many[:1]):
        remembering.encode(texts)
    assert len(encoder.asked) == 5
