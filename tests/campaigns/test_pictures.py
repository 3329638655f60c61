"""Posters: sizes, contrast, the code that can be scanned, numbers from contacts.yml, and nothing that is ever cut."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from campaigns import shipped
from campaigns.document import Picture
from campaigns.pictures import code, command, files, hotlines, poster, typeface
from campaigns.pictures.breaking import TooLong
from campaigns.pictures.fitting import fit
from campaigns.pictures.formats import FORMATS, WECHAT_THUMB_BYTES
from campaigns.pictures.hotlines import Call, UnknownNumber
from campaigns.pictures.templates import UnknownTemplate, contrast, get, load
from campaigns.pictures.typeface import NoFont

URL = code.address("https://fanzha.example.gov.cn", "poster:spring_festival")
USUAL = {
    "template": "festival",
    "headline": "过个好年 钱包看好",
    "lines": ("领红包要填卡号 别填", "年货只在平台里买"),
    "footer": "拿不准打96110  已转账打110",
}


def picture(**changes: object) -> Picture:
    return Picture.model_validate({**USUAL, **changes})


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("name", load().templates)
def test_every_writing_can_be_read_on_its_ground(name: str) -> None:
    assert {pair: contrast(*pair) for pair in get(name).pairs if contrast(*pair) < 4.5} == {}


@pytest.mark.parametrize("name", FORMATS)
def test_a_poster_has_the_size_of_its_format(name: str) -> None:
    form = FORMATS[name]
    found = opened(poster.render(picture(), form))
    assert (found.size, found.format) == (
        (form.width, form.height),
        "JPEG" if form.suffix == "jpg" else "PNG",
    )


def test_the_thumb_is_small_enough_for_wechat() -> None:
    assert len(poster.render(picture(), FORMATS["thumb"])) <= WECHAT_THUMB_BYTES


@pytest.mark.parametrize("name", ["phone", "screen"])
def test_the_code_leads_to_the_address(name: str) -> None:
    data = poster.render(picture(), FORMATS[name], lambda side: code.of_address(URL, side))
    assert [one.text for one in zxingcpp.read_barcodes(opened(data).convert("RGB"))] == [URL]


def test_a_given_code_is_taken_over() -> None:
    body = io.BytesIO()
    code.of_address("http://weixin.example/q/abc", 300).save(body, "PNG")
    make = files.code_of("https://x.example", "unused", body.getvalue())
    data = poster.render(picture(), FORMATS["share"], make)
    assert zxingcpp.read_barcodes(opened(data).convert("RGB"))[0].text == "http://weixin.example/q/abc"


def test_a_schools_code_is_counted_by_the_page() -> None:
    assert code.address("https://x.example/", "ABC01") == "https://x.example/chat?school=ABC01"
    assert URL.endswith("/chat?scene=poster%3Aspring_festival")


@pytest.mark.parametrize("given", [b"", b"no picture", b"x" * 6_000_000])
def test_a_code_that_is_none_is_refused(given: bytes) -> None:
    with pytest.raises(code.BadCode):
        files.code_of("https://x.example", "a", given)


@pytest.mark.parametrize("scene", ["", "a b", "x" * 65, "汉字"])
def test_a_scene_that_is_none_is_refused(scene: str) -> None:
    with pytest.raises(code.BadCode):
        code.address("https://x.example", scene)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"headline": "这" * 30}, "headline"),
        ({"lines": ("好", "这" * 60)}, "line 2"),
        ({"lines": ("这里有十六个字的" * 2,) * 6}, "together"),
    ],
)
def test_what_does_not_fit_is_an_error_and_never_cut(changes: dict[str, object], words: str) -> None:
    with pytest.raises(TooLong, match=words):
        fit(picture(**changes), FORMATS["portrait"], get("elder"), 968, 900)


def test_all_that_is_written_stands_on_the_poster() -> None:
    made = fit(picture(), FORMATS["phone"], get("calm"), 936, 1200)
    assert made.rows == ("过个好年", "钱包看好")
    assert ["".join(rows).replace("\u2002", " ") for rows in made.lines] == list(USUAL["lines"])
    assert made.headline_height + made.panel_height <= 1200


def test_numbers_come_from_contacts() -> None:
    assert hotlines.calls("拿不准打96110  已转账打110") == (
        (Call("拿不准打", "96110"), Call("已转账打", "110")),
        "",
    )
    assert [one.number for one in hotlines.calls("祝您过个好年")[0]] == ["96110", "110"]
    with pytest.raises(UnknownNumber):
        hotlines.calls("请打4008001234")


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(UnknownTemplate):
        poster.render(picture(template="rosy"), FORMATS["cover"])


def test_the_typeface_is_there_and_has_chinese() -> None:
    assert typeface.width("过年", 100) == 200
    assert typeface.font(40).getmask("过").getbbox() != typeface.font(40).getmask("\ue000").getbbox()


def test_without_a_typeface_there_is_no_picture(monkeypatch, small) -> None:
    def none(size: int, bold: bool = True) -> None:
        raise NoFont

    files._cover.cache_clear()
    monkeypatch.setattr("campaigns.pictures.typeface.font", none)
    typeface._advance.cache_clear()
    assert files.cover(small(picture=USUAL), "a") is None
    assert files.cover(small(), "a") is None


def test_every_shipped_campaign_fits_every_format() -> None:
    for campaign in shipped.load().values():
        assert campaign.picture is not None
        look = get(campaign.picture.template)
        for name, room, height in (("phone", 936, 1150), ("portrait", 968, 1180), ("share", 960, 820)):
            fit(campaign.picture, FORMATS[name], look, room, height)
        fit(campaign.picture, FORMATS["cover"], look, 531, 283, lines=False)


def test_the_command_writes_all_or_says_why(tmp_path, small) -> None:
    good = small(
        picture=USUAL, variants=[{"texts": {"message": "先别转账。", "screen": "红包要填卡号的别点"}}]
    )
    assert command.run(good, tmp_path / "out", "https://x.example")[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *(f"{form.name}.{form.suffix}" for form in FORMATS.values()),
        "led-a.gif",
        "led-a.txt",
    }
    bad = small(picture={**USUAL, "template": "rosy"})
    exit_code, words = command.run(bad, tmp_path / "none", "https://x.example")
    assert (exit_code, "rosy" in words, (tmp_path / "none").exists()) == (1, True, False)
    assert command.run(small(), tmp_path / "none", "https://x.example")[0] == 1
    assert command.run(good, tmp_path / "none", "https://x.example", code=tmp_path / "missing.png")[0] == 1
