"""Is he real? Never by what the phone shows; hard demands mean stop, else one's own dialling."""

from __future__ import annotations

import pytest

from bot.actions import content
from bot.actions.guided import flow as flows
from bot.actions.guided.play import Player
from knowledge_base import contacts

WORDS = content.load("outcomes/verify_official")
WHO = [option.id for option in flows.load()["verify_official"].questions[0].options]
ASKS = [option.id for option in flows.load()["verify_official"].question("asks").options]  # type: ignore[union-attr]


def verified(*answers: str, first: str = "") -> Player:
    player = Player("verify_official", first)
    for answer in answers:
        player.say(answer)
    while player.state.status == "open":
        player.say("跳过")
    return player


@pytest.mark.parametrize("who", [*WHO, "unknown"])
def test_everybody_has_steps_nevers_a_true_visit_and_shown_contacts(who: str) -> None:
    entry = WORDS["who"][who]
    assert entry["steps"] and entry["never"] and entry["true_visit"]
    assert all(contacts.load().by_id(contact).show for contact in entry["contacts"])


def test_every_option_is_known_to_the_outcome() -> None:
    assert set(WORDS["red"]) == set(ASKS) - {"none"}
    assert set(WORDS["hard"]) == set(WORDS["demands"]) <= set(WORDS["red"])
    assert set(WORDS["how"]) == {o.id for o in flows.load()["verify_official"].question("how").options}  # type: ignore[union-attr]


@pytest.mark.parametrize("ask", ["转钱付款", "验证码、密码", "共享屏幕", "交现金、黄金", "保密、躲起来"])
def test_a_hard_demand_stops_before_any_verifying(ask: str) -> None:
    result = verified("警察、公检法", "打电话", ask, "就这些").messages[-1]
    assert result.text.startswith("先挂断") and "高度符合" in result.text
    assert "110" in result.text


def test_no_demand_is_calm_and_never_a_clearance() -> None:
    result = verified("警察、公检法", "当面上门", "没要什么", "就这些").messages[-1]
    assert "分不出真假" in result.text
    assert "上门" in "".join(result.card["next"])
    assert WORDS["who"]["police"]["never"][0] in result.card["next"]
    for word in ("放心", "是真的", "安全的"):
        assert word not in result.text


@pytest.mark.parametrize("how", ["打电话", "发短信", "视频通话", "FaceTime"])
def test_what_the_phone_shows_is_never_trusted(how: str) -> None:
    result = verified("警察、公检法", how, "没要什么", "就这些").messages[-1]
    assert any(word in "".join(result.card["steps"]) for word in ("造假", "随便改", "做假"))


def test_a_named_bank_comes_first_with_its_own_number() -> None:
    result = verified("银行", "工商银行", "打电话", "没要什么", "就这些").messages[-1]
    assert result.card["contacts"][0]["number"] == "95588"


def test_the_first_words_are_picked_up() -> None:
    player = Player("verify_official", "有个自称银行的人打电话找我")
    assert player.state.answers["who"] == "bank" and player.state.answers["how"] == "call"


def test_nothing_told_still_helps() -> None:
    result = verified().messages[-1]
    assert "96110" in [contact["number"] for contact in result.card["contacts"]]
