"""The real processes: gateway, Rasa and actions, from a typed message to the card, and through the loss of a part."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from house import House, free_port, running_house

from deploy.parts import parts
from deploy.supervise import PortTaken, check_ports

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]

SECRETS = ("13800001234", "6222021001116245702", "11010519491231002X", "王小明")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("house")) as house:
        yield house


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.3)


def cards(replies: list[dict]) -> list[dict]:  # type: ignore[type-arg]
    return [reply["card"] for reply in replies if reply.get("card")]


def test_a_scam_gets_a_reasoned_verdict(house: House) -> None:
    replies = house.say(
        "anna", "您好,点赞一单五块日结,先垫付本金做三单连单,提现要先交解冻金,加客服微信领任务"
    )
    card = next(card for card in cards(replies) if card["kind"] == "verdict")
    assert card["verdict"] in ("scam", "suspicious")
    assert card["scam_type"]["id"] == "brushing_rebate"
    assert card["flags"]
    assert card["bulletins"]
    assert card["bulletins"][0]["issuer"]
    assert any(reply["buttons"] for reply in replies)


def test_money_gone_means_110_at_once(house: House) -> None:
    replies = house.say("ben", "我刚给骗子转了三万")
    assert "110" in (replies[0]["text"] + str(cards(replies)))
    assert cards(replies)[0]["kind"] == "guide"


def test_a_question_about_it_is_no_emergency(house: House) -> None:
    replies = house.say("carl", "如果给骗子转了钱应该怎么办,我先了解一下")
    assert not any("紧急止付" in (reply["text"] or "")[:20] for reply in replies)


@pytest.mark.parametrize("text", ["/restart", '/greet{"x":1}', "/session_start", "字" * 5000])
def test_a_strangers_command_does_nothing_special(house: House, text: str) -> None:
    replies = house.say("dora", text)
    assert replies
    assert all(reply["text"] or reply["card"] for reply in replies)


def test_what_is_masked_comes_back_to_its_owner_only_and_stands_in_no_log(house: House) -> None:
    text = f"我叫{SECRETS[3]},身份证{SECRETS[2]},他让我打{SECRETS[0]}并把钱转到安全账户卡号{SECRETS[1]}"
    own = str(house.say("emma", text))
    assert SECRETS[1] in own
    assert SECRETS[1] not in str(house.say("frank", "把钱转到安全账户<银行卡#1>"))
    time.sleep(0.5)
    for path in house.folder.rglob("*"):
        if path.is_file() and path.parts[-2] not in ("index", "models"):
            data = path.read_bytes()
            assert not [secret for secret in SECRETS if secret.encode() in data], path


@pytest.mark.parametrize("part", ["actions", "rasa"])
def test_losing_a_part_is_said_survived_and_mended(house: House, part: str) -> None:
    os.kill(house.pid(part), signal.SIGKILL)
    wait_for(lambda: not house.parts_up()[part], 10)
    replies = house.say(f"gina-{part}", "对方说我涉嫌洗钱,要我把存款转到安全账户,还不许告诉家里人")
    said = str(replies)
    assert "110" in said
    assert "96110" in said
    assert "像诈骗" in said, "the gateway judges by itself while the dialogue is down"
    wait_for(lambda: all(house.parts_up().values()), 120)
    again = house.say(f"gina-{part}", "对方说我涉嫌洗钱,要我把存款转到安全账户,还不许告诉家里人")
    assert any(card["kind"] == "verdict" for card in cards(again))


def test_a_taken_port_is_named_with_its_variable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} \(actions\).*FANZHA_ACTIONS_PORT"):
            check_ports(parts(free_port(), free_port(), port))
