"""The figures: all there from the start, and never anything a person sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from channels.dialogue import DialogueDown
from channels.metrics import PICTURES, TURNS
from channels.pictures.reader import PicturesDown, Reading
from channels.settings import Settings

pytestmark = pytest.mark.asyncio
Open = Callable[..., Any]
# Every label there is, and what its values look like: fixed words of ours, routes of ours, or a status.
LABELS = {
    "route": re.compile(r"/[a-z0-9/{}_.-]*|other"),
    "status": re.compile(r"[0-9]{1,3}"),
    "le": re.compile(r"[0-9.e+-]+|\+Inf"),
    **dict.fromkeys(
        (
            "verdict",
            "source",
            "outcome",
            "code",
            "value",
            "part",
            "channel",
            "state",
            "cause",
            "talk",
            "name",
        ),
        re.compile(r"[a-z][a-z0-9_ -]{0,39}"),
    ),
}
SECRETS = ("13800138000", "xiaohong", "转账", "6222")


class Reader:
    """Reads what it was given, in turn."""

    def __init__(self, *found: Reading | Exception) -> None:
        self.found = list(found)

    async def read(self, data: bytes) -> Reading:
        one = self.found.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    async def warm(self) -> None:
        return

    def close(self) -> None:
        return


def figures(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return name and labels → value."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def read(gateway: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return figures((await gateway.client.get("/metrics")).text)


async def test_labels_are_fixed_words(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        gateway.dialogue.enqueue(DialogueDown("timeout"))
        await gateway.say("他让我转账到6222020000000000000，电话13800138000")
        await gateway.check("转账给13800138000")
        await gateway.press("/restart")
        await gateway.client.get("/api/v1/13800138000")
        text = (await gateway.client.get("/metrics")).text
    assert not [secret for secret in SECRETS if secret in text]
    for (name, labels), _ in figures(text).items():
        for label, value in labels:
            assert LABELS[label].fullmatch(value), (name, label, value)


async def test_series_of_alerts_are_there_before_anything_happens(open_gateway: Open) -> None:
    async with open_gateway() as gateway:
        async with asyncio.timeout(5):  # the house counts in its background
            while ("fanzha_disk_free_bytes", ()) not in (found := await read(gateway)) or not found[
                "fanzha_disk_free_bytes", ()
            ]:
                await asyncio.sleep(0.02)
    wanted = [("fanzha_turns_total", (("outcome", outcome),)) for outcome in TURNS]
    wanted += [("fanzha_pictures_total", (("outcome", outcome),)) for outcome in PICTURES]
    wanted += [("fanzha_inbox", (("state", state),)) for state in ("new", "failed")]
    wanted += [("fanzha_outbox", (("state", state),)) for state in ("queued", "sending", "dead", "unknown")]
    assert [one for one in wanted if found.get(one) != 0.0] == []
    assert found["fanzha_part_up", (("part", "rasa"),)] == 1.0  # asked without anybody calling /readyz
    assert found["fanzha_disk_free_bytes", ()] > 0
    assert found["process_resident_memory_bytes", ()] > 0


async def test_pictures_are_counted_by_outcome(open_gateway: Open) -> None:
    reader = Reader(Reading("他让我转账"), Reading("…"), PicturesDown("died"))
    async with open_gateway(pictures=reader) as gateway:
        for _ in range(3):
            files = {"file": ("a.png", b"\x89PNG", "image/png")}
            await gateway.client.post("/api/v1/check/image", files=files)
        found = await read(gateway)
    counted = {outcome: found["fanzha_pictures_total", (("outcome", outcome),)] for outcome in PICTURES}
    assert counted == {"read": 1, "nothing": 1, "down": 1, "refused": 0}
    assert found["fanzha_picture_seconds_count", ()] == 3


async def test_the_disk_of_a_folder_that_is_not_there_yet(make_settings: Callable[..., Settings]) -> None:
    from channels.house import free_bytes

    assert free_bytes(make_settings().data_dir / "not" / "yet") > 0
