"""The driver's record as a picture."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from PIL import Image

from bot.actions.guided import times
from bot.actions.guided.play import Player
from channels.pictures_out.card_picture import KINDS, WIDTH, NoFont, render
from channels.pictures_out.fonts import chinese_font


def test_the_drivers_record_can_be_drawn() -> None:
    player = Player("driver_proof", now=datetime(2026, 11, 22, 13, 5, tzinfo=times.CHINA))
    for answer in ("黄金、首饰", "半路改地点", "就这些", "打了110"):
        player.say(answer)
    card = player.messages[0].card
    assert card is not None and card["kind"] in KINDS
    if chinese_font() is None:
        with pytest.raises(NoFont):
            render(card, {})
        return
    drawn = Image.open(io.BytesIO(render(card, {})))
    assert drawn.format == "PNG" and drawn.width == 2 * WIDTH and drawn.height > WIDTH / 2
    assert len(drawn.convert("L").getcolors(256) or ()) > 2
