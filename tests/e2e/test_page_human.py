"""A human answers on the page; what was sent on a line that broke is answered once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from channels.operators import make_entry

pytestmark = pytest.mark.browser
TOKEN, ENTRY = make_entry("li", "agent")


@pytest.fixture
def staffed(site: Any) -> Any:
    site.stop()
    site.operators = ENTRY
    site.start()
    return site


def send(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.click("#send")


def test_an_answer_of_a_human_appears_by_itself(staffed: Any, page: Page) -> None:
    send(page, "转人工")
    expect(page.locator("#log")).to_contain_text("96110")
    expect(page.locator("#log")).to_contain_text("人工")
    with httpx.Client(
        base_url=f"{staffed.url}/api/v1/operator", headers={"Authorization": f"Bearer {TOKEN}"}
    ) as desk:
        (case,) = desk.get("/cases").json()["cases"]
        desk.post(f"/cases/{case['id']}/claim").raise_for_status()
        desk.post(f"/cases/{case['id']}/reply", json={"text": "我在，先别转账"}).raise_for_status()
        expect(page.locator("#log")).to_contain_text("【人工】我在，先别转账", timeout=10_000)
        send(page, "好的")
        expect(page.locator("#log")).to_contain_text("发给工作人员了")
        desk.post(f"/cases/{case['id']}/give-back").raise_for_status()
    expect(page.locator("#log")).to_contain_text("工作人员先离开了", timeout=10_000)
    page.reload()
    expect(page.locator("#log")).to_contain_text("我在，先别转账")


def test_an_answer_lost_on_the_way_is_not_asked_for_twice(site: Any, page: Page) -> None:
    def lose(route: Any) -> None:
        route.fetch()  # the gateway gets it and answers; the page hears nothing of that
        route.abort()

    page.route("**/api/v1/chat", lose, times=1)
    send(page, "他让我转账")
    expect(page.locator("#log")).to_contain_text("钱转出去了吗", timeout=15_000)
    assert len(site.dialogue.history) == 1
