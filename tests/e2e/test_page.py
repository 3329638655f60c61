"""The page in a real browser against a gateway with a fake dialogue.

Screenshots go to the folder FANZHA_SHOTS when it is set.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

PASTE = "您好，我是京东客服。您开通了百万保障，不关闭每月扣 2000 元，请下载会议软件共享屏幕操作。"


def shoot(page: Page, name: str, full: bool = False) -> None:
    if folder := os.environ.get("FANZHA_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=full)


def say(page: Page, words: str) -> None:
    page.get_by_role("textbox").fill(words)
    page.get_by_role("button", name="检查", exact=True).click()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_a_pasted_text_becomes_a_card_with_words_quotes_and_sources(page: Page, site: Any) -> None:
    shoot(page, "01_start")
    page.evaluate("words => navigator.clipboard.writeText(words)", PASTE)
    page.get_by_role("button", name="粘贴并检查").click()
    card = page.locator("article.verdict")
    expect(card.get_by_text("很可能是诈骗")).to_be_visible()
    expect(card.locator("mark")).to_contain_text("共享屏幕")
    expect(card.locator("blockquote")).to_contain_text("百万保障")
    expect(card.locator(".action")).to_contain_text("先别转账")
    page.wait_for_timeout(200)
    shoot(page, "02_scam_top")
    card.locator("summary").filter(has_text="依据的通报").click()
    card.locator("summary").filter(has_text="链接").click()
    expect(card.get_by_text("公安部刑侦局")).to_be_visible()
    shoot(page, "03_scam_full", full=True)
    assert site.dialogue.history == [PASTE]
    assert fits(page)
    assert card.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))") == [
        "tel:96110",
        None,
    ]
    assert page.title() != "1", "nothing pasted is ever markup"


@pytest.mark.parametrize("verdict", ["suspicious", "unclear", "no_known_risk", "official"])
def test_each_verdict_has_its_own_shape_and_enough_contrast(page: Page, site: Any, verdict: str) -> None:
    site.dialogue.verdict = verdict
    say(page, PASTE)
    header = page.locator("article.verdict > header")
    expect(header).to_be_visible()
    page.wait_for_timeout(100)
    shoot(page, f"04_{verdict}")
    tone = header.evaluate("node => getComputedStyle(node).backgroundColor")
    assert contrast(tone, "rgb(255, 255, 255)") >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two CSS rgb() colours."""

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in colour[4:-1].split(",")]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_buttons_hotlines_and_the_guide(page: Page, site: Any) -> None:
    hotlines = page.get_by_role("navigation").get_by_role("link")
    assert hotlines.evaluate_all("links => links.map(link => link.getAttribute('href'))") == [
        "tel:110",
        "tel:96110",
    ]
    page.get_by_role("button", name="我已经转钱了").click()
    guide = page.locator("article.guide")
    expect(guide.locator("ol.steps li")).to_have_count(2)
    expect(guide.get_by_role("link")).to_have_attribute("href", "tel:110")
    page.wait_for_timeout(100)
    shoot(page, "05_guide")
    expect(hotlines.first).to_be_in_viewport()
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("button", name="学生").click()
    expect(guide).to_have_count(2)
    assert site.dialogue.history == ["/already_paid", '/set_role{"role":"student"}']


def test_large_text_is_large_fits_and_is_remembered(page: Page) -> None:
    toggle = page.get_by_role("button", name="大字")
    before = float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)"))
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= 1.25 * before
    say(page, PASTE)
    expect(page.locator("article.verdict")).to_be_visible()
    page.wait_for_timeout(100)
    shoot(page, "06_large")
    assert fits(page)
    page.reload()
    expect(page.get_by_role("button", name="大字")).to_have_attribute("aria-pressed", "true")


def test_a_reload_keeps_the_talk_and_the_draft_and_the_session(page: Page, site: Any) -> None:
    say(page, PASTE)
    expect(page.locator("article.verdict")).to_be_visible()
    page.get_by_role("textbox").fill("还没写完的话")
    page.reload()
    expect(page.locator("article.verdict mark")).to_contain_text("共享屏幕")
    expect(page.locator(".mine")).to_contain_text("京东客服")
    expect(page.get_by_role("textbox")).to_have_value("还没写完的话")
    page.locator(".choices").get_by_role("button", name="已经转了").click()
    expect(page.locator("article.guide")).to_be_visible()


def test_delete_everything(page: Page, site: Any) -> None:
    say(page, PASTE)
    expect(page.locator("article.verdict")).to_be_visible()
    session = page.evaluate("sessionStorage.getItem('session')")
    page.get_by_role("button", name="清空").click()
    shoot(page, "07_delete")
    page.get_by_role("dialog").get_by_role("button", name="删除", exact=True).click()
    expect(page.locator("article.verdict")).to_have_count(0)
    expect(page.get_by_text("已经全部删除")).to_be_visible()
    assert site.dialogue.history[-1] == "/delete_data"
    say(page, "你好")
    expect(page.locator("article.verdict")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('session')") != session


def test_the_gateway_is_gone_and_comes_back(page: Page, site: Any) -> None:
    site.stop()
    say(page, PASTE)
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("96110")
    expect(page.get_by_role("textbox")).to_have_value(PASTE)
    shoot(page, "08_line_down")
    site.start()
    expect(page.locator("article.verdict")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("textbox")).to_have_value("")
    expect(page.locator(".mine")).to_have_count(1)
    expect(banner).to_be_hidden(timeout=10_000)


def test_the_dialogue_is_down_and_comes_back(page: Page, site: Any) -> None:
    site.dialogue.down = True
    say(page, PASTE)
    expect(page.locator(".bot").last).to_contain_text("先别转账")
    expect(page.get_by_role("alert")).to_contain_text("自动重连")
    shoot(page, "09_fallback")
    site.dialogue.down = False
    expect(page.get_by_role("alert")).to_contain_text("已经重新连上", timeout=15_000)


def test_keyboard_alone_is_enough(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到输入框")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.get_by_role("textbox").focus()
    page.keyboard.type("请共享屏幕")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article.verdict")).to_be_visible()
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")


def test_what_is_refused_is_said_and_kept(page: Page) -> None:
    say(page, "👍👍")
    expect(page.locator(".bot").last).to_contain_text("没有看到文字")
    expect(page.get_by_role("textbox")).to_have_value("👍👍")
    page.get_by_role("textbox").fill("  ")
    page.get_by_role("button", name="检查", exact=True).click()
    expect(page.locator("#hint")).to_contain_text("还没有内容")


def test_wide_screen_and_dark_mode(browser: Browser, site: Any) -> None:
    for scheme, width in (("light", 1100), ("dark", 390)):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{site.url}/chat")
        say(page, PASTE)
        expect(page.locator("article.verdict")).to_be_visible()
        page.wait_for_timeout(900)
        shoot(page, f"10_{scheme}_{width}")
        assert fits(page)
        context.close()


def test_api_documentation_works_without_outside_hosts(page: Page, site: Any) -> None:
    page.goto(f"{site.url}/docs")
    expect(page.get_by_text("/api/v1/check").first).to_be_visible(timeout=10_000)
    expect(page.get_by_text("/api/v1/chat").first).to_be_visible()


def test_nothing_can_be_pressed_before_the_page_listens(browser: Browser, site: Any) -> None:
    """A slow line: the words would be lost, or stand in an address and so in a log."""
    context = browser.new_context()
    page = context.new_page()
    page.route("**/chat/chat.js", lambda route: route.abort())
    page.goto(f"{site.url}/chat")
    page.get_by_role("textbox").fill(PASTE)
    for button in page.locator("#send, #paste, #picture, .chip").all():
        expect(button).to_be_disabled()
    assert page.locator("#composer [name]").count() == 0
    context.close()
