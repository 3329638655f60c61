"""The headings of a card are in the reader's script or language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rasa_sdk.executor import CollectingDispatcher

from bot.actions import content
from bot.actions.guided import flow as flows
from bot.actions.language import ENGLISH, speak
from bot.actions.reply import say, with_headings
from channels.base import Reply
from channels.script import TRADITIONAL, in_script

PAGE = Path(__file__).parents[3] / "channels" / "web" / "static" / "index.html"
HAN = re.compile(r"[\u4e00-\u9fff]")


def sent(card: dict[str, object]) -> dict[str, object]:
    """Return the card as the gateway gets it."""
    dispatcher = CollectingDispatcher()
    say(dispatcher, "", (), card)
    found: dict[str, object] = dispatcher.messages[0]["custom"]["card"]
    return found


def test_english_headings_have_no_chinese() -> None:
    with speak(ENGLISH):
        for kind in ("guide", "proof"):
            headings = with_headings({"kind": kind})["headings"]
            assert headings and not [words for words in headings.values() if HAN.search(words)]


def test_traditional_headings() -> None:
    (reply,) = in_script((Reply("", (), sent({"kind": "guide"})),), TRADITIONAL)
    assert reply.card is not None
    assert reply.card["headings"]["steps"] == "一步一步來"


def test_a_card_of_its_own_headings_keeps_them() -> None:
    headings = sent({"kind": "guide", "headings": {"steps": "三个问题"}})["headings"]
    assert headings == {**content.load("card_headings")["guide"], "steps": "三个问题"}


@pytest.mark.parametrize("kind", ["guide", "proof", "verdict"])
def test_the_page_has_a_place_for_each_heading_and_says_the_same(kind: str) -> None:
    template = PAGE.read_text(encoding="utf-8").split(f'id="t-{kind}"')[1].split("</template>")[0]
    shown = dict(re.findall(r'data-head="(\w+)"[^>]*>([^<]+)<', template))
    wanted = dict(content.load("card_headings")[kind])
    wanted.pop("copied", None)
    assert shown == wanted


@pytest.mark.parametrize(
    "flow", [one for one in flows.load().values() if one.opening_card], ids=lambda one: one.id
)
def test_a_channel_without_cards_reads_all_steps_of_an_opening_or_none(flow: flows.Flow) -> None:
    """Such channels add the steps that the text has not; a lone "2." after "1. … 2. …" would only confuse."""
    said = {step in (flow.opening or "") for step in flow.opening_card.steps}
    assert len(said) == 1
