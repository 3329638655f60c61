"""The questions of subscribing: buttons and words, left, corrected, under age, and the command that comes of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import yaml

from bot.actions.guided import flow as flows
from bot.actions.guided import times
from bot.actions.guided.play import Player
from bot.actions.language import ENGLISH, speak
from bot.actions.outcomes.subscribe import agreed_to, digest
from knowledge_base import content, taxonomy, topics

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=times.CHINA)
ADULT = ["都要", "一周最多一条", "满18岁", "不说，直接订"]


def played(*answers: str, flow: str = "subscribe", **context: Any) -> Player:
    player = Player(flow, now=NOW, context=context)
    for answer in answers:
        player.say(answer)
    return player


def command(player: Player) -> dict[str, str]:
    [said] = player.messages
    return dict(said.command or {})


def test_five_presses_and_a_yes() -> None:
    found = command(played(*ADULT, "同意，订阅", language="zh"))
    assert found == {
        "command": "subscribe",
        "topics": "",
        "frequency": "weekly",
        "age": "18-59",
        "school": "",
        "role": "",
        "district": "",
        "wording": digest(agreed_to()),
        "began": str(NOW.timestamp()),
        "language": "zh",
    }


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        (["刷单和投资的", "就这些", "每个月一次", "我今年35岁", "不用了直接订", "我同意"],
         {"topics": "money", "frequency": "monthly", "age": "18-59"}),
        (["2 7", "有新的就发", "退休了", "说两句", "老人", "我住在东城区", "同意"],
         {"topics": "shopping elder", "role": "elder", "district": "东城区", "age": "60+"}),
        (["全都要", "少发一点", "成年了", "说两句", "跳过", "跳过", "同意"], {"topics": "", "role": "", "district": ""}),
        (["都要", "一周", "满18", "说两句", "骑手", "<地址#1>", "同意"], {"role": "driver", "district": ""}),
        (["学生", "就这些", "每周", "我15岁", "代码是 abcd 12", "不说", "同意"], {"age": "14-17", "school": "ABCD12"}),
        (["学生", "就这些", "每周", "没满14岁", "跳过", "不说", "同意"], {"age": "under14", "school": ""}),
    ],
)  # fmt: skip
def test_typed_answers_do_as_well(answers: list[str], wanted: dict[str, str]) -> None:
    found = command(played(*answers))
    assert {name: found[name] for name in wanted} == wanted


def test_a_code_given_before_is_known() -> None:
    found = command(played("都要", "每周", "14到17岁", "跳过", "不说", "同意", school="ABCD12"))
    assert found["school"] == "ABCD12"


@pytest.mark.parametrize("no", ["不订", "不同意", "不要", "还是不订了"])
def test_a_no_is_a_no(no: str) -> None:
    player = played(*ADULT, no)
    assert player.messages[0].command is None and "不订" in player.text


@pytest.mark.parametrize("given", [ADULT, ADULT[:1], []])
def test_who_leaves_in_the_middle_has_not_subscribed(given: list[str]) -> None:
    player = played(*given, "退出")
    assert player.state.status == "left" and "没有订" in player.text
    assert all(one.command is None for one in player.messages)


def test_nothing_but_a_yes_is_a_yes() -> None:
    for said in (
        "嗯？",
        "什么意思",
        "跳过",
        "不知道",
        "会泄露我的信息",
        "要多少钱",
        "有什么用",
        "好像不太放心",
    ):
        player = played(*ADULT, said)
        assert player.state.status == "open" and player.messages[0].command is None, said


def test_an_answer_can_be_changed_before_and_after_the_yes() -> None:
    player = played(*ADULT, "频率改成一个月一次")
    assert "一个月最多一条" in player.text and player.state.status == "open"
    assert command(played(*ADULT, "频率改成一个月一次", "同意"))["frequency"] == "monthly"
    assert command(played(*ADULT, "同意", "频率改成有新的就发"))["frequency"] == "all"


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        (["改内容", "老人的", "就这些"], {"command": "subscription_change", "topics": "elder"}),
        (["改内容", "都要"], {"command": "subscription_change", "topics": ""}),
        (["太多了", "一个月一条"], {"command": "subscription_change", "frequency": "monthly"}),
        (["改我的情况", "家长", "西城"], {"command": "subscription_change", "role": "parent", "district": "西城"}),
        (["不想收了"], {"command": "subscription", "value": "leave"}),
    ],
)  # fmt: skip
def test_a_change_names_only_what_changes(answers: list[str], wanted: dict[str, str]) -> None:
    found = command(played(*answers, flow="subscribe_change"))
    assert {name: value for name, value in found.items() if name != "language"} == wanted


def test_nothing_changed_says_so() -> None:
    assert "照旧" in played("不改", flow="subscribe_change").text
    assert "照旧" in played("改内容", "退出", flow="subscribe_change").text
    assert "照旧" in played("改我的情况", "跳过", "跳过", flow="subscribe_change").text


def test_both_flows_ask_the_same() -> None:
    first, second = (flows.load()[name] for name in ("subscribe", "subscribe_change"))
    for question in second.questions:
        same = first.question(question.id)
        if same is not None:
            assert (question.ask, question.options) == (same.ask, same.options)


def test_the_groups_are_those_of_the_knowledge() -> None:
    known = topics.load()
    asked = flows.load()["subscribe"].question("topics")
    assert asked is not None
    assert {one.id: one.title for one in asked.options if one.id != "all"} == {
        name: group.title for name, group in known.groups.items()
    }
    types = set(taxonomy.load().types)
    assert set(known.types(known.groups)) == types - {"other_unknown"}
    for name, group in known.groups.items():
        others = {one for other, entry in known.groups.items() if other != name for one in entry.types}
        assert group.types - others, f"{name} has no type of its own"


def test_every_sentence_that_was_agreed_to_is_kept() -> None:
    kept = yaml.safe_load((content.ROOT / "consent_texts.yml").read_text(encoding="utf-8"))["texts"]
    assert all(digest(entry["text"]) == entry["digest"] for entry in kept)
    known = {(entry["language"], entry["digest"]) for entry in kept}
    assert ("zh", digest(agreed_to())) in known
    with speak(ENGLISH):
        assert ("en", digest(agreed_to())) in known
