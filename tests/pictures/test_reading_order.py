"""Boxes in, text out: talks with sides, pages, columns, tables, screen furniture."""

from __future__ import annotations

import pytest

from channels.pictures.layout import read_screen
from channels.pictures.lines import Box

WIDTH, HEIGHT = 1080, 2280
WHITE, GREEN, GREY = (255, 255, 255), (149, 236, 105), (237, 237, 237)


def line(
    text: str, left: float, top: float, paper: tuple[int, int, int] | None = None, size: int = 48
) -> Box:
    return Box(left, top, left + size * len(text), top + size, text, paper)


def ends(text: str, right: float, top: float, paper: tuple[int, int, int] | None = None) -> Box:
    return line(text, right - 48 * len(text), top, paper)


BAR = [Box(40, 15, 140, 55, "09:41"), Box(900, 15, 1040, 55, "5G 82%")]
TALK = [
    line("您好我是客服主管您的快", 210, 380, WHITE),
    line("递丢了", 210, 452, WHITE),
    ends("真的吗", 870, 640, GREEN),
    line("请下载会议软件", 210, 820, WHITE),
]


def test_a_talk_has_sides_and_lines_broken_by_the_margin_are_joined() -> None:
    title = line("理赔专员", 440, 124)
    time = line("下午 2:16", 430, 258, GREY, 40)
    said = "对方:您好我是客服主管您的快递丢了\n我:真的吗\n对方:请下载会议软件"
    assert read_screen([*BAR, title, time, *TALK], WIDTH, HEIGHT) == said


def test_the_order_in_which_boxes_come_does_not_matter() -> None:
    assert read_screen(TALK[::-1], WIDTH, HEIGHT) == read_screen(TALK, WIDTH, HEIGHT)


def test_sides_are_seen_without_colours() -> None:
    plain = [Box(b.left, b.top, b.right, b.bottom, b.text) for b in TALK]
    assert read_screen(plain, WIDTH, HEIGHT).count("我:") == 1


def test_a_full_bubble_of_ones_own_is_told_by_its_colour() -> None:
    full = Box(240, 1000, 868, 1048, "这一句很长一直写到了左边所以要看颜色", GREEN)
    assert read_screen([*TALK, full], WIDTH, HEIGHT).endswith("我:这一句很长一直写到了左边所以要看颜色")


def test_is_typing_and_remarks_of_the_program() -> None:
    typing = line("对方正在输入...", 400, 124)
    remark = line("对方撤回了一条消息", 330, 1200, GREY, 40)
    said = read_screen([typing, *TALK, remark], WIDTH, HEIGHT)
    assert "正在输入" not in said
    assert said.endswith("\n对方撤回了一条消息")


def test_a_name_above_a_bubble_of_a_group_is_no_turn() -> None:
    name = line("班主任", 205, 330, GREY, 36)
    assert read_screen([name, *TALK], WIDTH, HEIGHT).startswith("对方:您好")


def test_one_side_alone_gets_no_marks_and_keeps_its_title() -> None:
    boxes = [
        *BAR,
        line("10690000", 440, 124),
        line("【积分】您的积分将清零", 80, 380),
        line("请兑换", 80, 452),
    ]
    assert read_screen(boxes, WIDTH, HEIGHT) == "10690000\n【积分】您的积分将清零请兑换"


def test_label_and_value_are_read_by_rows_and_are_no_talk() -> None:
    rows = [("收款人", "张海"), ("金额", "1200元"), ("时间", "十一月三日")]
    boxes = []
    for number, (label, value) in enumerate(rows):
        boxes += [line(label, 100, 400 + 130 * number), ends(value, 980, 402 + 130 * number)]
    assert read_screen(boxes, WIDTH, HEIGHT) == "收款人 张海\n金额 1200元\n时间 十一月三日"


def test_two_columns_are_read_one_after_the_other() -> None:
    title = line("社区活动安排表", 360, 100)
    left = [line("周一上午合唱团排练", 40, 300 + 150 * n) for n in range(3)]
    right = [line("请大家提前十分钟到", 580, 330 + 150 * n) for n in range(3)]
    foot = line("以上活动都在一楼大厅进行欢迎参加", 100, 900)
    said = read_screen([title, *left, *right, foot], WIDTH, HEIGHT).split("\n")
    assert said[0] == "社区活动安排表"
    assert said[1:4] == ["周一上午合唱团排练"] * 3
    assert said[4:7] == ["请大家提前十分钟到"] * 3
    assert said[7].startswith("以上活动")


def test_pieces_of_one_line_are_joined_words_of_letters_with_a_space() -> None:
    boxes = [
        Box(100, 400, 300, 448, "加微信"),
        Box(310, 402, 400, 450, "kd88"),
        Box(410, 401, 600, 449, "now"),
    ]
    assert read_screen(boxes, WIDTH, HEIGHT) == "加微信kd88 now"


@pytest.mark.parametrize(
    "words", ["09:41 转账", "昨天我转了 500", "今天 8:00 前付清", "5G 手机免费送", "信息费 200"]
)
def test_what_only_looks_like_furniture_stays(words: str) -> None:
    assert words in read_screen([line(words, 300, 1000)], WIDTH, HEIGHT)


def test_nothing_gives_nothing() -> None:
    assert read_screen([], WIDTH, HEIGHT) == ""
    assert read_screen(BAR, WIDTH, HEIGHT) == ""
