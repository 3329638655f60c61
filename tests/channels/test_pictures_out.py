"""Cards as pictures: phone width, nothing off the edge, an unguessable name for a quarter of an hour."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from channels.base import Reply
from channels.pictures_out import card_picture, fonts, shelf
from channels.wording import load_wording

WORDS = load_wording().picture
CARD: dict[str, Any] = {
    "kind": "card_110",
    "title": "报警卡：照着念",
    "first_line": "现在拨110。",
    "read": "我被骗转账了，请求紧急止付。账号 6222021001116245702。" * 6,
    "bank_read": "请冻结我的账户。",
    "bank_unknown": "",
    "contacts": [{"name": "报警电话110", "number": "110", "purpose": ""}],
    "facts": [{"name": "收款方", "value": "张三"}],
    "evidence": ["转账记录"],
    "next": ["48小时"],
    "dont": ["别删聊天"],
    "way": "",
}
needs_font = pytest.mark.skipif(
    fonts.chinese_font() is None, reason="no Chinese font (apt install fonts-noto-cjk)"
)


@needs_font
@pytest.mark.parametrize(
    "card",
    [CARD, {"kind": "proof", "title": "我问过了", "time": "11月22日 13:20", "lines": ["问过", "报过"]}],
)
def test_a_card_is_drawn_at_phone_width(card: dict[str, Any]) -> None:
    picture = Image.open(io.BytesIO(card_picture.render(card, WORDS)))
    assert picture.format == "PNG" and picture.width == 720 and picture.height > 200
    grey = picture.convert("L")
    assert grey.crop((0, 100, 20, picture.height)).getextrema() == (255, 255), "the left margin is empty"
    assert min(grey.get_flattened_data()) < 100, "something is written"


@needs_font
def test_an_endless_text_is_cut() -> None:
    long = {**CARD, "dont": ["别" * 200] * 200}
    assert Image.open(io.BytesIO(card_picture.render(long, WORDS))).height < 2 * (
        card_picture.MOST_HEIGHT + 100
    )


def test_without_a_font_there_is_no_picture_and_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_picture, "chinese_font", lambda: None)
    monkeypatch.setattr(shelf, "chinese_font", lambda: None)
    with pytest.raises(card_picture.NoFont):
        card_picture.render(CARD, WORDS)
    (reply,) = shelf.Shelf(WORDS).offer("a", (Reply("x", (), CARD),))
    assert reply.card == CARD


@needs_font
async def test_the_name_is_a_secret_that_can_be_forgotten() -> None:
    pictures = shelf.Shelf(WORDS)
    offered = pictures.offer("xiaohong", (Reply("x", (), CARD), Reply("y", (), {"kind": "guide"})))
    assert offered[1].card == {"kind": "guide"} and offered[0].card is not None
    name = str(offered[0].card["picture"]).removeprefix(shelf.PATH).removesuffix(".png")
    assert len(name) >= 32
    assert (await pictures.draw(name) or b"").startswith(b"\x89PNG")
    assert await pictures.draw(name[:-1]) is None
    pictures.forget("somebody else")
    assert await pictures.draw(name) is not None
    pictures.forget("xiaohong")
    assert await pictures.draw(name) is None
