"""Every flow file: short enough to read, numbers that exist, and a way to the end."""

from __future__ import annotations

import random

import pytest

from bot.actions.guided import flow as flows
from bot.actions.guided.answers import options_of
from bot.actions.guided.condition import LONGEST_TITLE
from bot.actions.guided.flow import Flow
from bot.actions.guided.play import Player
from channels.payloads import load_allow_list
from knowledge_base import contacts

ALL = [pytest.param(flow, id=flow.id) for flow in flows.load().values()]
WALKS, MOST_TURNS = 40, 60
ROOM_FOR_A_NOTE = 300


def test_there_are_flows() -> None:
    assert "stop_payment" in flows.load()


@pytest.mark.parametrize("flow", ALL)
def test_every_message_fits_a_phone(flow: Flow) -> None:
    for question in flow.questions:
        longest = max((len(line) for line in question.say_after.values()), default=0)
        assert len(question.ask) <= 120, f"{question.id}: a question of more than 120 characters is not read"
        assert longest <= 150, f"{question.id}: say_after is at most 150 characters"
        assert len(question.help or "") <= 150
        assert len(options_of(question)) <= flows.MOST_BUTTONS
        assert all(len(option.title) <= LONGEST_TITLE for option in options_of(question))
    for end in flow.ends:
        assert end.text or end.card or end.guide or end.then, "an end says something or leads on"
        for line in (*end.card.steps, *end.card.dont, *end.card.next) if end.card else ():
            assert len(line) <= 60, f"a line of a card is at most 60 characters: {line}"


@pytest.mark.parametrize("flow", ALL)
def test_numbers_come_from_contacts_and_are_shown(flow: Flow) -> None:
    for end in flow.ends:
        for contact_id in end.card.contacts if end.card else ():
            assert contacts.load().by_id(contact_id).show, contact_id


@pytest.mark.parametrize("flow", ALL)
def test_buttons_are_on_the_allow_list(flow: Flow) -> None:
    allowed = load_allow_list()
    for end in flow.ends:
        for button in end.buttons:
            assert allowed.accept(button.payload), button.payload
            if button.payload.startswith("/begin"):
                assert button.payload.split('"')[3] in flows.load(), button.payload


@pytest.mark.parametrize("flow", ALL)
def test_every_title_is_a_typed_answer_to_its_question(flow: Flow) -> None:
    """Who cannot press types what stands on the button."""
    from datetime import datetime

    from bot.actions.guided import answers, times

    for question in flow.questions:
        for option in options_of(question):
            value = answers.read(question, option.title, datetime.now(times.CHINA)).value
            assert option.id in (value if isinstance(value, list) else [value]), (question.id, option.title)


@pytest.mark.parametrize("flow", ALL)
def test_every_walk_ends(flow: Flow) -> None:
    """Random presses and skips always arrive, in bounded messages (the player checks two messages of 300)."""
    chance = random.Random(flow.id)
    for _ in range(WALKS):
        player = Player(flow.id)
        for _ in range(MOST_TURNS):
            if player.state.status != "open":
                break
            answers = [b["payload"] for b in player.buttons if b["payload"].startswith("/answer")]
            player.say(chance.choice(answers) if answers else "我不太记得具体的情况")
        assert player.state.status == "done", f"{player.flow.id} does not end"
        last = player.messages[-1]
        assert player.text or last.card or last.command, "the gateway answers a command"
        for message in player.messages:
            assert "{" not in message.text
            for button in message.buttons:
                assert load_allow_list().accept(button["payload"]), button["payload"]
