"""The widget on a school's page in a real browser: another site than ours, under a strict policy.

Screenshots go to the folder FANZHA_SHOTS when it is set.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from pytest_socket import enable_socket
from school_pages import SchoolSite, school_site
from test_page import shoot

from channels.base import Reply
from channels.dialogue import Answer

pytestmark = pytest.mark.browser
PASTE = "请共享屏幕，否则每月扣 2000 元"
HINT = "先别转账，先问一问"
TAG = 'data-school="ABCD12"'
REFUSING_STORAGE = """for (const name of ["sessionStorage", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("refused", "SecurityError"); } });"""
LISTENING = """window.heard = []; addEventListener("message", (event) => window.heard.push(event.data));"""
Open = Callable[..., Page]


class SchoolDialogue:
    """Knows the school once it is told, and then counts what is asked, as the actions do."""

    def __init__(self) -> None:
        self.down = False
        self.history: list[str] = []

    async def ask(self, sender_id: str, message: str) -> Answer:
        self.history.append(message)
        if message == "学校代码 ABCD12":
            return Answer((Reply("你好，某某学院的同学。学校看不到是谁。"),))
        topic = {"command": "school_topic", "school": "ABCD12", "topic": "student_loan"}
        told = "学校代码 ABCD12" in self.history
        return Answer((Reply(f"听到了：{message}"),), (topic,) if told else ())


@pytest.fixture
def school() -> Iterator[SchoolSite]:
    enable_socket()
    with school_site() as site:
        yield site


@pytest.fixture
def widget(site: Any, school: SchoolSite, tmp_path: Path) -> Any:
    """The assistant with the school's page on its list."""
    file = tmp_path / "schools.yml"
    file.write_text("schools:\n- {code: ABCD12, name: 某某学院}\n", encoding="utf-8")
    site.stop()
    site.dialogue = SchoolDialogue()
    site.widget_origins, site.schools_file = f"{school.url}, {school.near}", str(file)
    site.start()
    school.embed(site.url, TAG)
    return site


@pytest.fixture
def open_page(browser: Browser, school: SchoolSite) -> Iterator[Open]:
    """Return a function that opens the school's page; at the end no fault may have been reported."""
    faults: list[str] = []
    contexts = []

    def open_(width: int = 1100, height: int = 800, init: str = "", **more: Any) -> Page:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce", **more)
        contexts.append(context)
        context.add_init_script(LISTENING + init)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: "Content Security" in message.text and faults.append(message.text))
        page.goto(school.url)
        return page

    open_.faults = faults  # type: ignore[attr-defined]
    yield open_
    cookies = [cookie for context in contexts for cookie in context.cookies()]
    for context in contexts:
        context.close()
    assert not faults and not cookies


def start(page: Page) -> FrameLocator:
    page.get_by_role("button", name=HINT).click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("textbox")).to_be_visible()
    return frame


def ask(frame: FrameLocator, words: str) -> None:
    frame.get_by_role("textbox").fill(words)
    frame.get_by_role("button", name="检查", exact=True).click()
    expect(frame.get_by_text(f"听到了：{words}")).to_be_visible()


def figures(site: Any) -> list[Any]:
    with sqlite3.connect(site.folder / "fanzha.db") as database:
        return database.execute("SELECT school, topic, count FROM school_topic").fetchall()


def came_by(site: Any) -> list[Any]:
    with sqlite3.connect(site.folder / "fanzha.db") as database:
        return database.execute("SELECT channel, scene FROM person").fetchall()


@pytest.mark.parametrize(("width", "height", "scheme"), [(360, 700, "light"), (1100, 800, "dark")])
def test_a_question_is_answered_and_counted_for_the_school(
    widget: Any, open_page: Open, width: int, height: int, scheme: str
) -> None:
    page = open_page(width, height, color_scheme=scheme)
    shoot(page, f"20_button_{width}")
    assert widget.dialogue.history == [], "nothing is sent before it is opened"
    frame = start(page)
    expect(frame.get_by_text("看不到是谁")).to_be_attached()
    page.wait_for_timeout(300)
    shoot(page, f"21_open_{width}")
    ask(frame, PASTE)
    page.wait_for_timeout(300)
    shoot(page, f"22_answer_{width}")
    assert widget.dialogue.history == ["学校代码 ABCD12", PASTE]
    assert figures(widget) == [("ABCD12", "student_loan", 1)]
    assert came_by(widget) == [("widget", "sch:ABCD12")]
    box = page.get_by_role("dialog").bounding_box()
    assert box and (box["width"] == 360 if width == 360 else box["width"] == 400)
    assert box["height"] == height if width == 360 else box["y"] >= 0
    heard = page.evaluate("window.heard")
    assert heard and all(set(data) == {"fanzha", "width"} for data in heard)


def test_a_reload_keeps_the_talk_where_storage_is_given(
    widget: Any, school: SchoolSite, open_page: Open
) -> None:
    page = open_page()
    page.goto(school.near)
    ask(start(page), PASTE)
    page.reload()
    expect(start(page).get_by_text(f"听到了：{PASTE}")).to_be_visible()
    assert widget.dialogue.history == ["学校代码 ABCD12", PASTE], "the school is told once"


def test_an_unknown_code_and_none_work_without_a_school(
    widget: Any, school: SchoolSite, open_page: Open
) -> None:
    for attributes, opening in (
        ('data-school="ZZZZ99"', ['/set_role{"role":"student"}']),
        ('data-school="&quot;}<b>"', []),
        ("", []),
    ):
        widget.dialogue.history.clear()
        school.embed(widget.url, attributes)
        ask(start(open_page()), PASTE)
        assert widget.dialogue.history == [*opening, PASTE]
    assert figures(widget) == []
    assert set(came_by(widget)) == {("widget", "")}


def test_keyboard_focus_and_escape(widget: Any, open_page: Open) -> None:
    page = open_page()
    button = page.get_by_role("button", name=HINT)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("button", name="关闭")).to_be_visible()
    page.keyboard.press("Tab")
    expect(frame.get_by_role("link", name="跳到输入框")).to_be_focused()
    for _ in range(40):  # round and round: the page behind is out of reach
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") in {"FANZHA-WIDGET", "BODY"}
    frame.get_by_role("button", name="清空").click()
    page.keyboard.press("Escape")
    expect(frame.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    frame.get_by_role("button", name="关闭").click()
    expect(page.locator("dialog")).to_be_hidden()
    button.click()
    page.mouse.click(20, 20)  # beside the panel
    expect(page.locator("dialog")).to_be_hidden()


def test_large_text_makes_it_wider(widget: Any, open_page: Open) -> None:
    page = open_page()
    start(page).get_by_role("button", name="大字").click()
    expect(page.get_by_role("dialog")).to_have_css("width", "540px")
    page.wait_for_timeout(200)
    shoot(page, "23_large")


def test_a_browser_that_refuses_storage(widget: Any, open_page: Open) -> None:
    frame = start(open_page(init=REFUSING_STORAGE))
    ask(frame, PASTE)
    ask(frame, "第二句")
    assert len(came_by(widget)) == 1, "it is one talk"
    assert widget.dialogue.history == ["学校代码 ABCD12", PASTE, "第二句"]


def test_loaded_again_and_thrown_away_by_the_page(widget: Any, school: SchoolSite, open_page: Open) -> None:
    school.more = school.script * 2
    page = open_page()
    expect(page.get_by_role("button", name=HINT)).to_have_count(1)
    page.evaluate("document.body.replaceWith(document.createElement('body'))")
    expect(page.get_by_role("button", name=HINT)).to_be_visible()
    page.evaluate("document.querySelector('fanzha-widget').remove()")
    page.evaluate(
        "src => document.body.append(Object.assign(document.createElement('script'), { src }))",
        f"{widget.url}/widget.js",
    )
    expect(page.get_by_role("button", name=HINT)).to_have_count(1)
    ask(start(page), PASTE)


def test_a_title_is_only_a_title(widget: Any, school: SchoolSite, open_page: Open) -> None:
    school.embed(widget.url, 'data-title="<img src=x onerror=alert(1)>"')
    expect(open_page().get_by_role("button", name="<img src=x onerror=a")).to_be_visible()
