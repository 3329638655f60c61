"""The danger model learns, keeps what it learnt, and weighs with the routing law; a small encoder stands in."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.nlu import danger
from bot.nlu.danger import Danger, DangerModel, load_cues, simplified
from bot.nlu.features import SENTENCE_SIZE
from bot.nlu.routing import Route, load_lexicon
from bot.nlu.weighing import final, weigh

LEXICON = load_lexicon()
PAID = ["我刚转了三千给他", "钱已经转过去了", "我妈汇了两万", "充了五千提不出来", "钱没了", "付了定金人跑了"]
LINE = ["电话还没挂断", "电话没挂", "还在打电话", "电话里他不让挂", "电话还通着", "视频电话没挂"]
GAVE = ["验证码报了", "密码告诉他了", "身份证拍给他了", "验证码给了客服", "卡号密码都说了", "人脸做了"]
CALM = ["如果转了钱怎么办", "什么是刷单", "我交了电费", "差点就转了", "挂了电话没理他", "银行几点下班"]
DISTRESS = ["我不想活了", "活着没意思", "撑不下去了", "不如死了"]


class LetterEncoder:
    """Words with the same characters get like vectors."""

    def encode(self, texts: list[str]) -> Any:
        rows = np.zeros((len(texts), SENTENCE_SIZE), dtype=np.float32)
        for row, text in enumerate(texts):
            for char in text:
                rows[row, zlib.crc32(char.encode()) % SENTENCE_SIZE] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    # Each phrase several times: what is left out while calibrating is known then.
    texts = [*PAID, *LINE, *GAVE, *CALM] * 4 + DISTRESS
    labels = (["already_paid"] * 6 + ["on_the_line"] * 6 + ["gave_info"] * 6 + ["learn"] * 6) * 4 + [
        "distress"
    ] * 4
    return danger.train(texts, labels, LetterEncoder())


def test_what_was_learnt_is_told_apart_and_survives_a_file(parts: dict[str, Any], tmp_path: Path) -> None:
    np.savez(tmp_path / "danger.npz", **parts)
    with np.load(tmp_path / "danger.npz", allow_pickle=False) as stored:
        model = DangerModel({name: stored[name] for name in stored.files}, LetterEncoder())
    paid, line, calm = (model.weigh(group) for group in (PAID, LINE, CALM))
    assert min(one.logit for one in [*paid, *line]) > max(one.logit for one in calm), parts["scale"]
    assert {one.mode for one in paid} == {"already_paid"} and {one.mode for one in line} == {"on_the_line"}
    assert model.weigh(["", "字" * 5000]), "nothing breaks it"


def test_one_at_a_time_and_together_are_the_same(parts: dict[str, Any]) -> None:
    model = DangerModel(parts, LetterEncoder())
    together = model.weigh([*PAID, *CALM])
    alone = [model.weigh([text])[0] for text in [*PAID, *CALM]]
    assert np.allclose([one.logit for one in together], [one.logit for one in alone], atol=1e-3)


def test_fear_teaches_nothing(parts: dict[str, Any]) -> None:
    texts = [*PAID, *LINE, *GAVE, *CALM] * 4
    labels = (["already_paid"] * 6 + ["on_the_line"] * 6 + ["gave_info"] * 6 + ["learn"] * 6) * 4
    without = danger.train(texts, labels, LetterEncoder())
    assert np.allclose(without["bias"], parts["bias"], atol=1e-4)


def test_traditional_and_cantonese_words_are_read_as_simplified_ones() -> None:
    cues = load_cues()
    assert simplified("錢轉過去了 電話還沒掛", cues) == "钱转过去了 电话还没挂"
    assert len(simplified("畀咗驗證碼佢", cues)) == 6


def test_every_cue_finds_something_it_is_meant_for() -> None:
    folder = Path(danger.__file__).parents[2] / "nlu_data" / "nlu"
    files = [*folder.glob("frightened_*.yml"), *folder.glob("calm_*.yml")]
    lines = [line.strip(" -") for path in files for line in path.read_text("utf-8").splitlines()]
    lines = [simplified(line, load_cues()).lower() for line in lines]
    for cue in load_cues().patterns:
        assert any(cue.search(line) for line in lines), cue.pattern


def found(intent: str, reason: str = "classifier") -> Route:
    return Route(intent, 0.9, reason)


@pytest.mark.parametrize(
    ("route", "logit", "intent", "asks"),
    [
        (found("already_paid"), 0.0, "on_the_line", False),  # both agree; the model says which
        (found("already_paid", "own_emergency"), -2.0, "check", True),  # the law alone, the model doubts
        (found("check"), 3.0, "on_the_line", False),  # the model alone, and sure
        (found("check"), 0.5, "check", True),  # in between: the question comes first
        (found("learn"), -1.0, "learn", True),
        (found("learn"), -4.0, "learn", False),
        (found("deny"), -1.0, "check", True),  # small talk has no room for the question
        (found("distress"), 9.0, "distress", False),
        (found("distress", "life_first"), 9.0, "distress", False),
        (found("paste", "pasted"), 9.0, "paste", False),
    ],
)
def test_law_and_model_together(route: Route, logit: float, intent: str, asks: bool) -> None:
    weighed = weigh(route, "钱好像过去了", Danger(logit, "on_the_line"), LEXICON)
    assert weighed.route.intent == intent
    assert weighed.asks is asks or route.intent == "distress"


@pytest.mark.parametrize(
    "text", ["新闻里说有人转了三万", "钱转给你了 请查收", "【银行】您已付款", "点开 https://a.cn 已付"]
)
def test_what_is_not_the_persons_own_is_never_interrupted_by_the_model_alone(text: str) -> None:
    assert weigh(found("check"), text, Danger(9.0, "already_paid"), LEXICON).route.intent == "check"


def test_doubted_words_that_name_a_service_get_that_service() -> None:
    doubted = weigh(found("already_paid"), "我妈不相信自己被骗了", Danger(-3.0, "already_paid"), LEXICON)
    assert doubted.route.intent == "disbelief" and doubted.asks


def test_without_the_model_the_law_stands() -> None:
    parsed = {"intent": {"name": "greet", "confidence": 0.99}}
    assert final("你好", parsed, LEXICON).route.intent == "greet"
    with_model = {**parsed, "danger": {"logit": 5.0, "mode": "already_paid"}}
    assert final("过去了 三万", with_model, LEXICON).route.intent == "already_paid"
