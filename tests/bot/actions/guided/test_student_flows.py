"""Students and parents: each kind of trouble has the right stop and the right door."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.actions.guided import flow as flows
from bot.actions.guided import times
from bot.actions.guided.play import Player

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=times.CHINA)
TOPICS = {
    "贷款、注销校园贷": "student_loan",
    "兼职、刷单": "student_job",
    "有人要租我的卡号": "student_cards",
    "游戏账号、充值": "student_game",
    "在国外“警察”找我": "student_police",
    "家长：孩子出事要钱": "student_parent",
    "实习、出国工作": "student_work",
    "考试、招生、助学金": "student_exam",
}


def played(flow: str, *answers: str, first: str = "") -> Player:
    player = Player(flow, first, now=NOW)
    for answer in answers:
        player.say(answer)
        question = player.flow.question(player.state.at)
        if question and question.kind == "choices" and player.state.answers.get(question.id):
            player.say("就这些")
    return player


@pytest.mark.parametrize(("title", "flow"), TOPICS.items())
def test_the_door_leads_to_each_kind(title: str, flow: str) -> None:
    player = played("student", title)
    assert player.flow.id == flow and player.state.status == "open"
    assert len(player.messages) == 1 and player.text.startswith("先")


@pytest.mark.parametrize(
    ("words", "flow"),
    [
        ("室友天天刷单", "student_job"),
        ("学长要借我的卡走账", "student_cards"),
        ("高考提前查分能信吗", "student_exam"),
        ("我在英国留学 警察说我涉案", "student_police"),
        ("关于注销校园贷", "student_loan"),
    ],
)
def test_words_alone_open_the_right_one(words: str, flow: str) -> None:
    assert played("student", first=words).flow.id == flow


# flow, answers, how the result begins, title of a contact's number that must be on the card
RESULTS = [
    ("student_loan", ["说校园贷没注销", "钱已经转出去了"], "先别再转", "110"),
    ("student_loan", ["说校园贷没注销", "贷出来了还没转"], "好，钱一分别动", "96110"),
    ("student_loan", ["说能修复征信", "在开会议、共享"], "先停", "110"),
    ("student_loan", ["广告、同学拉我贷", "给了验证码、刷脸"], "先挂断", "110"),
    ("student_loan", ["我急用钱想借", "只是听他说"], "先记住一条", "96110"),
    ("student_loan", ["广告、同学拉我贷", "只是听他说"], "别贷", "96110"),
    ("student_loan", ["说能修复征信", "只是听他说"], "先别交钱", "96110"),
    ("student_loan", ["说校园贷没注销", "只是听他说"], "挂断就行", "96110"),
    ("student_job", ["刷单、点赞、做任务", "自己先垫钱", "已经垫了、交了钱"], "先停", "110"),
    ("student_job", ["代收钱、转账", "要我的卡、收款码", "卡、码已经给了"], "先停手", "110"),
    ("student_job", ["代收钱、转账", "都没有", "还没做"], "别做", "110"),
    ("student_job", ["打字、客服、配音", "要我的卡、收款码", "还没做"], "别交卡", "110"),
    ("student_job", ["刷单、点赞、做任务", "都没有", "还没做"], "别做", "110"),
    ("student_job", ["打字、客服、配音", "先交押金培训费", "还没做"], "别交", "110"),
    ("student_job", ["打字、客服、配音", "装陌生App、进群", "还没做"], "先别装", "110"),
    ("student_job", ["拉群、地推、打电话", "都没有", "还没做"], "先查清", "110"),
    ("student_job", ["店里、家教、校内", "都没有", "还没做"], "没对上", "96110"),
    ("student_cards", ["银行卡、U盾", "还没给"], "别给", "110"),
    ("student_cards", ["银行卡、U盾", "已经给出去了", "不是"], "马上挂失", "110"),
    ("student_cards", ["微信、QQ、游戏号", "已经给出去了", "不是"], "马上收回来", "110"),
    ("student_cards", ["银行卡、U盾", "进出过别人的钱", "不是"], "先停手", "110"),
    ("student_cards", ["手机卡", "卡被冻、被限制了", "是"], "先保自己", "110"),
    ("student_game", ["卖号、卖皮肤", "再交钱解冻、提现", "付了"], "停", "110"),
    ("student_game", ["说我违规、要抓我", "都没有", "都没有"], "挂掉", "110"),
    ("student_game", ["领免费皮肤", "用家长的手机付", "都没有"], "停", "110"),
    ("student_game", ["卖号、卖皮肤", "账号密码、验证码", "没付，密码给了"], "马上改密码", "110"),
    ("student_game", ["卖号、卖皮肤", "账号密码、验证码", "都没有"], "别给", "110"),
    ("student_game", ["买号、低价充值", "去他发的网站交易", "都没有"], "别去", "110"),
    ("student_game", ["买号、低价充值", "都没有", "都没有"], "只在游戏官方", "110"),
    ("student_police", ["使领馆、12308", "转钱、保释金", "钱已经转了"], "先别再转", "+86-10-12308"),
    (
        "student_police",
        ["国内警察、检察院", "离开住处去酒店", "躲起来了，没联系家里"],
        "现在就给爸妈",
        "+86-10-12308",
    ),
    (
        "student_police",
        ["国内警察、检察院", "全程视频、共享", "还在跟他通话视频"],
        "现在就挂断",
        "+86-10-12308",
    ),
    ("student_police", ["国内警察、检察院", "拍“被绑”视频", "还在住处，没照做"], "别拍", "+86-10-12308"),
    ("student_police", ["国内警察、检察院", "保密，别告诉家里", "还在住处，没照做"], "别走", "+86-10-12308"),
    ("student_police", ["使领馆、12308", "都没有", "还在住处，没照做"], "先挂断", "+86-10-12308"),
    ("student_police", ["移民局、海关快递", "都没有", "还在住处，没照做"], "先挂断", "+86-10-12308"),
    ("student_parent", ["绑架了，要赎金", "联系不上", "国外", "是"], "别再给", "110"),
    ("student_parent", ["绑架了，要赎金", "联系上了，人没事", "国外", "不是"], "人在就好", "110"),
    ("student_parent", ["绑架了，要赎金", "联系不上", "国外", "不是"], "不管真假", "+86-10-12308"),
    ("student_parent", ["绑架了，要赎金", "联系不上", "国内", "不是"], "不管真假", "110"),
    ("student_parent", ["学费、名额要交钱", "还没试", "国内", "不是"], "先别交", "110"),
    ("student_parent", ["车祸、手术要钱", "联系不上", "国内", "不是"], "先挂断", "110"),
    ("student_work", ["去国外的高薪工作", "证件被扣，走不了"], "先保住人", "+86-10-12308"),
    ("student_work", ["去国外的高薪工作", "人已经在国外了"], "别跟他们去", "+86-10-12308"),
    ("student_work", ["去国外的高薪工作", "还没答应"], "别去", "110"),
    ("student_work", ["交钱的实习、内推", "已经交钱了"], "先别再交", "110"),
    ("student_work", ["交钱的实习、内推", "证件、卡交出去了"], "马上挂失", "10086"),
    ("student_work", ["先培训、办贷款", "还没答应"], "别交", "96110"),
    ("student_work", ["普通岗位想核实", "还没答应"], "先查再去", "96110"),
    ("student_exam", ["内部指标、补录", "钱已经付了"], "先别再交", "110"),
    ("student_exam", ["说我作弊记0分", "填了卡号验证码"], "马上打卡背面", "110"),
    ("student_exam", ["提前查分、改分", "都没有"], "别点", "96110"),
    ("student_exam", ["内部指标、补录", "都没有"], "别交定金", "96110"),
    ("student_exam", ["说我作弊记0分", "都没有"], "别慌", "96110"),
    ("student_exam", ["助学金、奖学金", "都没有"], "别照做", "96110"),
    ("student_exam", ["卖考题答案", "都没有"], "别买", "96110"),
    ("student_exam", ["群里催交学杂费", "都没有"], "先别扫码", "96110"),
    ("student_exam", ["志愿填报专家", "都没有"], "先别交高价", "96110"),
]


@pytest.mark.parametrize(("flow", "answers", "begins", "number"), RESULTS)
def test_every_path_has_its_stop_and_its_door(
    flow: str, answers: list[str], begins: str, number: str
) -> None:
    player = played(flow, *answers)
    assert player.state.status == "done", player.text
    (message,) = player.messages
    assert message.text.startswith(begins)
    assert message.card and number in {contact["number"] for contact in message.card["contacts"]}


def test_every_end_of_the_students_is_walked() -> None:
    walked = {flow: {begins for name, _, begins, _ in RESULTS if name == flow} for flow in TOPICS.values()}
    for flow, beginnings in walked.items():
        texts = [end.text for end in flows.load()[flow].ends]
        assert [text for text in texts if not text.startswith(tuple(beginnings))] == []


def test_money_gone_names_110_in_the_first_sentences_everywhere() -> None:
    for flow in TOPICS.values():
        for end in flows.load()[flow].ends:
            paid = end.when and any("paid" in wanted for wanted in end.when.answers.values())
            if paid:
                assert "110" in end.text[:70], end.text


def test_nobody_is_scolded_and_nothing_is_promised() -> None:
    for flow in ("student", *TOPICS.values()):
        text = str(flows.load()[flow].model_dump())
        assert not any(
            word in text for word in ("怎么会信", "太傻", "活该", "一定能追回", "百分之百", "绝对安全")
        )
