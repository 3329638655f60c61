"""Reporting: the right door for each thing, and a draft with nothing in it that was not said."""

from __future__ import annotations

import pytest

from bot.actions import content
from bot.actions.guided.play import Player

DOORS = {
    "钱已经出去了": "110",
    "骗人的电话": "12321",
    "骗人的短信": "12321",
    "网站、App、帖子": "12377",
    "跟商家扯皮": "12315",
    "收卡、跑分、地推": "96110",
    "还在联系没转钱": "96110",
}


def finish(player: Player, *answers: str) -> Player:
    """Answer, then skip until the end."""
    for answer in answers:
        player.say(answer)
    while player.state.status == "open":
        player.say("跳过")
    return player


@pytest.mark.parametrize(("what", "number"), DOORS.items())
def test_each_thing_has_its_door(what: str, number: str) -> None:
    player = finish(Player("report"), what)
    assert number in [contact["number"] for contact in player.messages[0].card["contacts"]]


def test_money_that_is_gone_gets_110_and_no_form_to_fill() -> None:
    player = Player("report", "我被骗了三千块怎么报警")
    assert player.state.status == "done"
    assert "110" in player.messages[-1].text and len(player.messages[-1].card["steps"]) == 3
    assert any(button["payload"] == "/already_paid" for button in player.buttons)


def test_the_draft_holds_what_was_told_and_the_checked_text_with_its_masks() -> None:
    checked = {"text": "【快递】您的包裹丢失，加<手机号#1>理赔", "scam_type": None}
    player = Player("report", context={"last_check": checked})
    finish(player, "骗人的短信", "在国内", "显示 1069开头", "昨天下午三点", "说包裹丢了要赔我")
    draft = player.messages[-1]
    for words in ("骗人的短信", "昨天 15:00", "1069开头", "说包裹丢了要赔我", "<手机号#1>"):
        assert words in draft.text
    assert draft.card["kind"] == "proof" and draft.card["time"].startswith("写于")
    assert draft.card["lines"][-1] == content.load("outcomes/report")["draft"]["tail"]


def test_what_was_not_told_is_not_in_the_draft() -> None:
    draft = finish(Player("report"), "骗人的电话").messages[-1]
    assert "还不清楚" not in draft.text and "原话" not in draft.text and "时间" not in draft.text
    assert "没有转钱" not in draft.text


def test_abroad_the_consulate_comes_first() -> None:
    player = finish(Player("report"), "骗人的电话", "在国外")
    assert player.messages[0].card["contacts"][0]["number"] == "+86-10-12308"
    assert "当地警察" in player.messages[0].card["steps"][0]


@pytest.mark.parametrize(("where", "words"), [("微信", "账单"), ("支付宝", "账单"), ("别的平台", "举报")])
def test_an_account_is_reported_on_its_platform(where: str, words: str) -> None:
    player = finish(Player("report"), "账号、群、收款码", "在国内", where)
    assert words in player.messages[0].card["steps"][0]


def test_an_anonymous_tip_promises_nothing_but_the_law() -> None:
    player = finish(
        Player("report"), "收卡、跑分、地推", "在国内", "跳过", "跳过", "楼下有人收卡", "不想留名"
    )
    assert "保护举报人" in player.messages[0].text
    said = "".join(player.messages[0].card["next"])
    assert "以当地公安最新通告为准" in said
    assert not any(char.isdigit() for char in said)


def test_leaving_early_still_gives_the_door() -> None:
    player = Player("report", "我要举报一个短信")
    player.say("退出")
    assert "12321" in player.text


def test_asking_what_to_bring_gives_the_list() -> None:
    from bot.actions.guided_form import flow_for

    assert flow_for("report", "报案要带什么材料") == "evidence"
    assert flow_for("report", "我要举报") == "report"
    player = Player("evidence")
    assert player.state.status == "done" and player.messages[-1].card["steps"]
