"""Counter-questions for every type, in the relative's words; the self-check adds up openly."""

from __future__ import annotations

import pytest

from bot.actions import content
from bot.actions.guided import flow as flows
from bot.actions.guided.play import Player
from knowledge_base import taxonomy

WORDS = content.load("outcomes/disbelief")
GROUPS = ("earn", "official", "people", "buy", "free", "act")


def done(player: Player) -> Player:
    while player.state.status == "open":
        player.say("跳过")
    return player


def test_every_type_of_the_taxonomy_has_three_questions() -> None:
    assert set(WORDS["types"]) == set(taxonomy.load().types)
    for entry in (*WORDS["types"].values(), WORDS["general"]):
        assert len(entry["ask"]) == 3 and entry["honest"]
        assert all(len(question) <= 40 for question in entry["ask"])


def test_every_type_can_be_reached_by_pressing() -> None:
    flow = flows.load()["disbelief"]
    offered = {option.id for group in GROUPS for option in flow.question(group).options}  # type: ignore[union-attr]
    assert offered == set(taxonomy.load().types) - {"other_unknown"}


@pytest.mark.parametrize("type_id", [*taxonomy.load().types, ""])
@pytest.mark.parametrize("who", [option.id for option in flows.load()["disbelief"].questions[0].options])
def test_the_forwardable_text_is_whole_for_everybody(type_id: str, who: str) -> None:
    title = flows.load()["disbelief"].questions[0].option(who).title  # type: ignore[union-attr]
    player = Player("disbelief", context={"last_check": {"text": "x", "scam_type": type_id or None}})
    player.say(title)
    done(player)
    forward = player.messages[-1].text
    known = WORDS["types"].get(type_id, WORDS["general"])
    assert all(question in forward for question in known["ask"])
    assert "96110" in forward and len(forward) <= 300
    assert player.messages[0].card["steps"][:3] == known["ask"]
    assert player.messages[-1].card["kind"] == "proof" and len(player.messages[-1].card["lines"]) == 4


def test_the_words_choose_whom_and_what() -> None:
    player = Player("disbelief", "我妈不信，天天跟导师炒股")
    assert player.state.status == "done"
    assert player.messages[-1].text.split("\n")[1].startswith("妈，你先别信我")
    assert WORDS["types"]["fake_investment"]["ask"][0] in player.messages[-1].text


def test_an_officer_gets_other_words() -> None:
    player = done(Player("disbelief", "我是社区民警，群众不信"))
    assert "您好" in player.messages[-1].text
    assert "110核实你" in "".join(player.messages[0].card["steps"])


def test_who_does_not_believe_it_himself_is_not_lectured() -> None:
    player = Player("disbelief")
    player.say("是我自己")
    assert player.state.status == "done"
    assert "不听我的" in player.messages[0].text
    assert any("self_check" in button["payload"] for button in player.buttons)


RISKY = ["对方先找我", "要", "查不到、没查过", "不让说", "一直催"]
CALM = ["我先找的他", "不要", "查到了", "可以说", "不急"]


def checked(answers: list[str]) -> Player:
    player = Player("self_check")
    for answer in answers:
        player.say(answer)
    assert player.state.status == "done"
    return player


@pytest.mark.parametrize("risky", range(6))
def test_the_index_is_the_number_of_yes_answers_and_says_which(risky: int) -> None:
    player = checked(RISKY[:risky] + CALM[risky:])
    card = player.messages[-1].card
    assert card["title"] == f"受骗指数 {risky}/5"
    whys = [o.why for q in flows.load()["self_check"].questions for o in q.options if o.why]
    assert [step for step in card["steps"] if step in whys] == whys[:risky]
    assert any("没有别的暗分" in step for step in card["steps"])


def test_the_demand_alone_means_stop() -> None:
    answers = [CALM[0], RISKY[1], *CALM[2:]]
    assert "这一条就够" in checked(answers).text


def test_a_low_index_is_no_clearance() -> None:
    text = checked(CALM).text
    assert "骗术天天在变" in text and "96110" in text


@pytest.mark.parametrize(
    ("said", "option"),
    [("没要钱", "no"), ("他要我转钱", "yes"), ("不要", "no"), ("验证码", "yes")],
)
def test_typed_answers_of_the_second_question(said: str, option: str) -> None:
    player = Player("self_check")
    player.say("他先加我的")
    player.say(said)
    assert player.state.answers["demand"] == option
