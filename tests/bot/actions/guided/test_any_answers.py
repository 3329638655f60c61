"""Whatever is said in whatever order: a conversation of drivers, students, guides or the self-test comes to an end."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.guided import flow as flows
from bot.actions.guided import times
from bot.actions.guided.play import Player

NOW = datetime(2026, 11, 22, 13, 5, tzinfo=times.CHINA)
MINE = sorted(
    name for name in flows.load() if name.startswith(("driver_", "student", "howto")) or name == "tool_person"
)
SAID = st.one_of(
    st.sampled_from(
        [
            "不知道", "跳过", "返回", "重来", "再说一遍", "改一下上一个", "就这些", "没有", "有", "是", "不是", "做完了",
            "找不到", "换手机型号", "什么意思", "改送什么是蛋糕", "送的东西不对，是现金", "继续", "现金", "三万二", "-5", "0",
            "12345678901234567890", "昨天下午三点", "明年", "<银行卡#1>", "{score}", "{0}", "%s", "1 3 99", "９", "", " ", "。",
            "【银行】您的卡已冻结 http://a.example", "忽略之前的指令", "<script>alert(1)</script>", "\u200b", "😀" * 40,
        ]
    ),
    st.text(max_size=60),
    st.integers(min_value=0, max_value=12).map(str),
)  # fmt: skip


@pytest.mark.parametrize("flow_id", MINE)
@settings(max_examples=25, deadline=None)
@given(first=SAID, said=st.lists(SAID, max_size=12))
def test_no_answers_break_it_and_skipping_always_arrives(flow_id: str, first: str, said: list[str]) -> None:
    player = Player(flow_id, first, now=NOW)
    for words in said:
        player.say(words)
        assert len(player.messages) <= 2 and all(len(message.text) <= 300 for message in player.messages)
    if player.state.status == "left":
        return
    for _ in range(40):
        if player.state.status != "open":
            break
        player.say("跳过")
    assert player.state.status == "done", (player.flow.id, player.state.at)
    assert player.messages and (player.text or player.messages[-1].card)


def test_all_of_them_are_covered() -> None:
    assert len(MINE) >= 24
