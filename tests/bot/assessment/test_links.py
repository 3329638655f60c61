"""Links that pretend to lead to an official address."""

from __future__ import annotations

import pytest

from bot.assessment import entities


@pytest.mark.parametrize(
    "text",
    [
        "http://www.12377.cn@192.0.2.1/",
        "http://www.12377.cn:80\u3000@192.0.2.1/",
        "http://www.12377.cn:80 @evil.example/",
        "https://www.12377.cn\uff20evil.example",
    ],
)
def test_a_host_that_only_stands_before_an_at_sign_is_not_official(text: str) -> None:
    assert {found.odd for found in entities.find(text)} & {"at_sign"}
    assert all(found.kind != "official_link" for found in entities.find(text))


def test_an_official_link_before_somebodys_name_stays_official() -> None:
    assert entities.find("www.12377.cn @小王 看一下")[0].kind == "official_link"


@pytest.mark.parametrize(
    "text",
    [
        "https://www.12377.cn/redirect?to=http://192.0.2.1/",
        "https://www.12377.cn/go?u=https%3A%2F%2Fevil.example",
        "https://www.12377.cn/go?u=//evil.example",
    ],
)
def test_an_official_host_that_sends_people_on_is_not_official(text: str) -> None:
    assert [found.kind for found in entities.find(text)] == ["link"]
