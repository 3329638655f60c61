"""What pages that are on no list, and forged messages, cannot do to the widget."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from school_pages import SchoolSite, school_site
from test_page import shoot
from test_widget_page import HINT, Open, open_page, school, start, widget

pytestmark = pytest.mark.browser
__all__ = ["open_page", "school", "widget"]  # fixtures


def refused(page: Page) -> bool:
    """Return True when the browser shows its own error in the place of the frame."""
    return page.frames[-1].url.startswith("chrome-error:")


def test_a_page_on_no_list_gets_an_empty_frame(widget: Any, open_page: Open) -> None:
    with school_site() as stranger:
        stranger.embed(widget.url)
        page = open_page()
        page.clock.install()
        page.goto(stranger.url)
        page.get_by_role("button", name=HINT).click()
        page.wait_for_timeout(500)
        assert refused(page)
        page.clock.fast_forward(9000)
        link = page.get_by_role("link", name="在新窗口打开")
        expect(link).to_have_attribute("href", f"{widget.url}/chat")
        shoot(page, "24_refused")
        page.get_by_role("button", name="关闭").click()
        expect(page.locator("dialog")).to_be_hidden()
        assert page.evaluate("window.heard") == [] and widget.dialogue.history == []
    open_page.faults.clear()  # type: ignore[attr-defined]  # the browser's word about the refused frame


@pytest.mark.parametrize("path", ["/chat", "/docs", "/widget.js", "/healthz"])
def test_nothing_but_the_widgets_page_can_be_framed(
    widget: Any, school: SchoolSite, open_page: Open, path: str
) -> None:
    school.script, school.policy = "", ""
    school.more = f'<iframe src="{widget.url}{path}"></iframe>'
    page = open_page()
    page.wait_for_timeout(300)
    assert refused(page)
    open_page.faults.clear()  # type: ignore[attr-defined]


def test_forged_messages_move_nothing(widget: Any, open_page: Open) -> None:
    page = open_page()
    start(page)
    page.evaluate("postMessage({ fanzha: 'close', width: 1 }, '*')")  # the page to itself, not the frame
    page.wait_for_timeout(200)
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_css("width", "400px")


def test_opened_on_its_own_it_is_a_chat_that_says_nothing_to_anybody(widget: Any, open_page: Open) -> None:
    page = open_page()
    page.goto(f"{widget.url}/widget")
    page.evaluate("postMessage({ fanzha: 'hello' }, '*')")
    page.wait_for_timeout(200)
    expect(page.get_by_role("button", name="关闭")).to_be_hidden()
    assert [data for data in page.evaluate("window.heard") if "width" in data] == []


def test_the_schools_page_itself_cannot_talk(widget: Any, school: SchoolSite, open_page: Open) -> None:
    school.policy = ""
    page = open_page()
    sent = """async (url) => {
      const body = new Blob(['{"session_id":"stolen-0123456789","text":"你好"}'], { type: 'text/plain' });
      await fetch(url, { method: 'POST', mode: 'no-cors', body }).catch(() => 0);
      return fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
        .then(() => 'read', () => 'refused'); }"""
    for path in ("/api/v1/widget/chat", "/api/v1/chat"):
        assert page.evaluate(sent, widget.url + path) == "refused"
    assert widget.dialogue.history == []
