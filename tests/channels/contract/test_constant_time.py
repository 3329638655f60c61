"""Signatures and secrets are compared in a time that tells nothing: by hmac.compare_digest and by nothing else."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from cases import CASES, Case

from channels.base import Forged

OPEN = {"web", "widget"}  # pages: what comes from a browser is told by its origin, there is no secret
SIGNED = [case for case in CASES if case.name not in OPEN]


@pytest.mark.parametrize("case", SIGNED, ids=lambda case: case.name)
def test_what_is_compared_is_what_decides(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A good request passes by comparison only: were every comparison to fail, so would the request."""
    channel, good = case.build(""), case.good("1", "你好", "person-0000000001")
    real, compared = hmac.compare_digest, []

    def spy(first: Any, second: Any) -> bool:
        compared.append(len(first))
        return real(first, second)

    with monkeypatch.context() as patch:
        patch.setattr(hmac, "compare_digest", spy)
        channel.verify(good)
    assert compared and min(compared) >= 16, "a whole secret or digest each time"
    with monkeypatch.context() as patch:
        patch.setattr(hmac, "compare_digest", lambda *_: False)
        with pytest.raises(Forged):
            channel.verify(good)


def test_every_channel_with_a_secret_is_here() -> None:
    assert {case.name for case in SIGNED} == {"wechat", "wecom", "dingtalk", "telegram"}
