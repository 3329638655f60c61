"""The page's picture button in a real browser: choosing, pasting, dropping, waiting, refusals, narrow and large."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from test_page import fits, shoot

from channels.base import Refuse
from channels.pictures.reader import PicturesDown, Reading

pytestmark = pytest.mark.browser


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 600)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, kind)
    return out.getvalue()


def choose(page: Page, data: bytes, name: str = "a.png", kind: str = "image/png") -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="图片：选一张截图或照片来检查").click()
    chooser.value.set_files({"name": name, "mimeType": kind, "buffer": data})


def test_a_chosen_picture_becomes_a_card_and_shows_what_was_read(page: Page, site: Any) -> None:
    site.pictures.seconds = 0.4
    choose(page, picture())
    expect(page.get_by_text("正在认图上的字")).to_be_visible()
    shoot(page, "11_picture_wait")
    expect(page.get_by_role("button", name="图片")).to_be_disabled()
    card = page.locator("article.verdict")
    expect(card.get_by_text("很可能是诈骗")).to_be_visible()
    expect(card.locator("mark")).to_contain_text("共享屏幕")
    thumb = page.get_by_role("img", name="您发的图片")
    assert thumb.evaluate("image => image.complete && image.naturalHeight > 0")
    read = page.locator("article.read")
    expect(read.locator("blockquote")).to_be_hidden()
    expect(read.get_by_text("这是微信收款码")).to_be_visible()
    read.locator("summary").click()
    expect(read.locator("blockquote")).to_contain_text("共享屏幕")
    expect(page.get_by_role("button", name="图片")).to_be_enabled()
    page.wait_for_timeout(100)
    shoot(page, "12_picture_card")
    assert fits(page)
    assert site.dialogue.history == [site.pictures.reading.text]
    page.reload()
    expect(page.get_by_role("img", name="您发的图片")).to_be_visible()
    expect(page.locator("article.read blockquote")).to_have_count(1)


GIVE = """([bytes, kind, where]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], 'x', { type: kind }));
  const options = { bubbles: true, cancelable: true };
  const event = where === 'paste'
    ? new ClipboardEvent('paste', { ...options, clipboardData: transfer })
    : new DragEvent('drop', { ...options, dataTransfer: transfer });
  document.getElementById('text').dispatchEvent(event);
}"""


@pytest.mark.parametrize("where", ["paste", "drop"])
def test_a_picture_can_be_pasted_and_dropped(page: Page, site: Any, where: str) -> None:
    page.evaluate(GIVE, [list(picture(size=(60, 60))), "image/png", where])
    expect(page.locator("article.verdict")).to_be_visible()
    assert len(site.pictures.sizes) == 1


def test_the_paste_button_takes_a_picture_too(page: Page, site: Any) -> None:
    page.evaluate(
        """async bytes => navigator.clipboard.write([new ClipboardItem({
             'image/png': new Blob([new Uint8Array(bytes)], { type: 'image/png' }) })])""",
        list(picture(size=(60, 60))),
    )
    page.get_by_role("button", name="粘贴并检查").click()
    expect(page.locator("article.verdict")).to_be_visible()
    assert len(site.pictures.sizes) == 1


def test_a_dropped_file_that_is_no_picture_is_not_sent(page: Page, site: Any) -> None:
    page.evaluate(GIVE, [[104, 105], "text/plain", "drop"])
    expect(page.locator("#hint")).to_contain_text("这不是图片")
    assert site.pictures.sizes == []


def test_a_large_photo_is_made_smaller_before_it_leaves_the_phone(page: Page, site: Any) -> None:
    photo = picture(size=(1700, 2600))
    choose(page, photo)
    expect(page.locator("article.verdict")).to_be_visible(timeout=20_000)
    assert 0 < site.pictures.sizes[0] < len(photo) / 2


def test_what_the_browser_cannot_open_is_sent_as_it_is(page: Page, site: Any) -> None:
    site.pictures.error = Refuse("picture_kind_unknown", 415)
    choose(page, b"no picture at all", "a.heic", "image/heic")
    expect(page.locator(".bot").last).to_contain_text("这种文件读不了")
    shoot(page, "13_picture_refused")
    expect(page.locator(".mine")).to_contain_text("显示不了")
    expect(page.get_by_role("alert")).to_be_hidden()
    assert site.pictures.sizes == [17]


def test_nothing_readable_and_nobody_to_read_are_said_in_words(page: Page, site: Any) -> None:
    site.pictures.reading = Reading("")
    choose(page, picture())
    expect(page.locator(".bot").last).to_contain_text("图上没认出字")
    site.pictures.error = PicturesDown("died")
    choose(page, picture())
    expect(page.locator(".bot").last).to_contain_text("现在看不了图片")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_picture_is_sent_again_when_the_line_is_back(page: Page, site: Any) -> None:
    site.stop()
    choose(page, picture())
    expect(page.get_by_role("alert")).to_contain_text("图片没发出去")
    site.start()
    expect(page.locator("article.verdict")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("img", name="您发的图片")).to_have_count(1)


def test_large_text_and_keyboard(page: Page) -> None:
    page.get_by_role("button", name="大字").click()
    button = page.get_by_role("button", name="图片")
    button.focus()
    expect(button).to_be_focused()
    page.evaluate(
        """() => { window.opened = 0; document.getElementById('file').addEventListener('click', (event) => {
             event.preventDefault(); window.opened += navigator.userActivation.isActive; }) }"""
    )
    for key in ("Enter", "Space"):
        page.keyboard.press(key)
    assert page.evaluate("window.opened") == 2
    for each in page.locator(".actions.with-picture button").all():
        box = each.bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= 360
    shoot(page, "14_picture_large")
    assert fits(page)
