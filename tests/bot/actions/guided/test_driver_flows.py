"""Drivers: honest jobs pass, carriers of swindled money are stopped, every point is said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.actions.guided import flow as flows
from bot.actions.guided import times
from bot.actions.guided.play import Player

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=times.CHINA)


def order(*answers: str, first: str = "") -> Player:
    player = Player("driver_order", first, now=NOW)
    for answer in answers:
        player.say(answer)
        if player.state.at == "signs" and player.state.answers.get("signs"):
            player.say("就这些")
    return player


# what, look, place, signs (several), paper, talk
HONEST = [
    ("手机、相机、电脑", "店里封的，有小票", "店里，店员交的", "都没有", "写明了有票或保价", "没有"),
    ("黄金、首饰", "店里封的，有小票", "店里，店员交的", "都没有", "写明了有票或保价", "没有"),
    ("文件花蛋糕药钥匙", "能看，看过了", "住家、单位", "都没有", "不值什么钱", "没有"),
    ("文件花蛋糕药钥匙", "能看，看过了", "老人家里", "都没有", "不值什么钱", "没有"),
    ("手机、相机、电脑", "能看，看过了", "住家、单位", "只送货人不上车，就这个", "不知道", "没有"),
]
STOPPED = [
    ("现金", "能看，看过了", "住家、单位", "都没有", "不值什么钱", "没有"),
    ("银行卡、手机卡", "能看，看过了", "住家、单位", "都没有", "不值什么钱", "没有"),
    ("黄金、首饰", "封死了，不让看", "银行金店门口", "半路改地点，收的人不露面", "跳过", "没有"),
    ("说是文件却很沉", "封死了，不让看", "老人家里", "只送货人不上车", "跳过", "没有"),
    ("文件花蛋糕药钥匙", "能看，看过了", "老人家里", "寄的人像被遥控", "不值什么钱", "没有"),
    ("不肯说、说不清", "不知道", "不知道", "都没有", "不知道", "有这样的话"),
]


@pytest.mark.parametrize("answers", HONEST)
def test_honest_valuable_jobs_pass_without_being_called_safe(answers: tuple[str, ...]) -> None:
    player = order("还没接单", *answers)
    assert player.state.status == "done" and player.flow.id == "driver_order"
    assert "没对上" in player.text and "不等于没事" in player.text
    assert "110" not in player.text.split("\n")[0]


@pytest.mark.parametrize("answers", STOPPED)
def test_swindled_goods_are_stopped_and_the_reasons_said(answers: tuple[str, ...]) -> None:
    player = order("接了单还没取", *answers)
    verdict, question = player.messages
    assert verdict.text.startswith("先别接、别取") and "自己拨110" in verdict.text
    assert verdict.card and verdict.card["contacts"][0]["number"] == "110"
    assert player.flow.id == "driver_proof" and "报过了吗" in question.text
    points = [int(line.split("（")[1][0]) for line in verdict.text.split("\n") if line.endswith("分）")]
    assert f"{sum(points)}分" in verdict.text and sum(points) >= 4


@pytest.mark.parametrize(
    ("stage", "begins"),
    [("货已经交出去了", "现在就自己拨110"), ("货在我这儿", "先别送，也别交出去，自己拨110")],
)
def test_the_first_words_fit_where_the_goods_are(stage: str, begins: str) -> None:
    player = order(stage, *STOPPED[2])
    assert player.messages[0].text.startswith(begins)


def test_a_doubtful_job_is_asked_about_first() -> None:
    player = order("还没接单", "黄金、首饰", "能看，看过了", "住家、单位", "都没有", "跳过", "没有")
    assert "先问清楚再送" in player.text and player.state.status == "done"


def test_the_longest_verdict_still_ends_with_its_last_words() -> None:
    """Whoever ticks everything must not get a sentence cut in the middle."""
    player = Player("driver_order", now=NOW)
    player.say("货在我这儿")
    for answer in (
        "现金",
        "封死了，不让看",
        "银行金店门口",
        "1 2 3 4 5 6 7",
        "值钱却没票没保价",
        "有这样的话",
    ):
        player.say(answer)
    assert len(player.messages[0].text) <= 300
    assert player.messages[0].text.endswith(("。", "）")), player.messages[0].text[-30:]


def test_facts_in_the_first_sentence_are_not_asked_again() -> None:
    player = order(first="接了个单从金店门口上货，封死了不让看，半路改地址")
    assert player.state.answers["place"] == "money_door"
    assert player.state.answers["look"] == "refused" and player.state.answers["signs"] == ["changed"]
    assert player.state.at == "stage"
    player.say("还没接单")
    assert player.state.at == "what"


def test_a_correction_changes_the_verdict() -> None:
    player = order("货在我这儿", "现金", "能看，看过了")
    player.say("返回")
    assert player.state.at == "look"
    player.say("送的东西不对，是蛋糕")
    assert player.state.answers["what"] == "plain"


@pytest.mark.parametrize(
    ("reported", "line"),
    [("打了110", "已经打110"), ("报了平台客服", "平台客服"), ("还没报", "还没有报告"), ("跳过", "没有说明")],
)
def test_the_record_has_the_time_and_nothing_personal(reported: str, line: str) -> None:
    player = Player("driver_proof", now=NOW)
    for answer in ("黄金、首饰", "半路改地点", "就这些", reported):
        player.say(answer)
    record, advice = player.messages
    card: Any = record.card
    assert card["kind"] == "proof" and set(card) == {"kind", "title", "time", "lines"}
    assert card["time"] == "2026年11月22日 13:05（北京时间）"
    assert any(line in one for one in card["lines"]) and any("半路改地点" in one for one in card["lines"])
    assert all(one in record.text for one in (card["title"], card["time"], *card["lines"]))
    assert ("自己拨110" in advice.text) == (reported in ("还没报", "跳过"))


def test_the_record_takes_over_what_the_order_said() -> None:
    player = order("货在我这儿", "现金", "封死了，不让看", "路边、停车场", "半路改地点", "跳过", "没有")
    player.say("110和平台都报了")
    card: Any = player.messages[0].card
    assert any("现金" in line for line in card["lines"]) and any(
        "半路改地点" in line for line in card["lines"]
    )


def test_leaving_the_record_early_gives_no_card() -> None:
    player = Player("driver_proof", now=NOW)
    player.say("退出")
    assert all(message.card is None for message in player.messages)


@pytest.mark.parametrize(
    ("flow", "answers", "begins"),
    [
        ("driver_say_no", ["威胁我不让我走"], "先保自己"),
        ("driver_say_no", ["当面站着"], "就说一句"),
        ("driver_found", ["带天线的盒子设备", "没人联系"], "先别插电"),
        ("driver_found", ["银行卡、U盾", "叫我送到别处"], "先别送"),
        ("driver_found", ["现金、黄金", "说是失主要认领"], "先别直接给"),
        ("driver_found", ["手机卡、一堆手机", "没人联系"], "先别用"),
        ("driver_job", ["替公司上门取现金", "不用", "还没做"], "别接"),
        ("driver_job", ["收款员，用我的码", "要用我的", "还没做"], "别干"),
        ("driver_job", ["收款员，用我的码", "要用我的", "做过好几次"], "先停手"),
        ("driver_job", ["拉人去边境", "不用", "还没做"], "别去"),
        ("driver_job", ["数据员、录入员", "不用", "还没做"], "先问清"),
        ("driver_law", ["发现不对就停了"], "停下"),
        ("driver_law", ["觉得怪还是送了"], "现在停手"),
        ("driver_law", ["送完才觉得不对"], "先自己拨110"),
    ],
)
def test_each_short_conversation_gives_its_own_stop(flow: str, answers: list[str], begins: str) -> None:
    player = Player(flow, now=NOW)
    for answer in answers:
        player.say(answer)
    assert player.state.status == "done" and player.messages[0].text.startswith(begins)
    assert player.messages[0].card


def test_the_law_is_never_a_promise() -> None:
    for flow_id in ("driver_law", "driver_job"):
        text = str(flows.load()[flow_id].model_dump())
        assert not any(word in text for word in ("一定不", "保证", "没事的", "不会抓"))
