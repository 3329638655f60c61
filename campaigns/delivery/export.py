"""Files for those who send by other means: SMS offices, public screens. No person and no number is in them."""

from __future__ import annotations

import asyncio
import csv
import io
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from sqlalchemy import Connection

from campaigns import quiet
from campaigns.document import Campaign, Route, Texts, Variant
from campaigns.jobs import Job, JobState, Result

PATH = Path(__file__).with_name("export.yml")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run (OWASP, CSV injection)
BOM = "\ufeff"  # without it Excel reads Chinese as gibberish


class Export:
    """The sender: writes ``sms.csv``, ``screens.csv`` and a text for each screen below ``folder``/<id>/."""

    route = Route.EXPORT
    repeatable = True

    def __init__(self, folder: Path, words: Mapping[str, str]) -> None:
        self._folder = folder
        self._words = words

    def plan(
        self, connection: Connection, campaign: Campaign, wave: int, now: float
    ) -> Sequence[tuple[str, str, int]]:
        """Return one job: all variants stand in the same files."""
        return [("", "files", 0)]

    def starting(self, connection: Connection, campaign: Campaign, job: Job, now: float) -> str:
        """Count nothing."""
        return ""

    async def send(self, campaign: Campaign, texts: Texts, job: Job, now: float) -> Result:
        """Write the files anew; each is whole at any moment."""
        try:
            count = await asyncio.to_thread(self._write, campaign, job.wave, now)
        except OSError as error:
            return Result(JobState.FAILED, cause=f"files: {type(error).__name__}")
        return Result(JobState.SENT, platform_id=campaign.id, counts={"files": count})

    async def look(self, campaign: Campaign, job: Job, now: float) -> Result:
        """Return that it is done: writing is."""
        return Result(JobState.SENT)

    async def stop(self, campaign: Campaign, job: Job, now: float) -> None:
        """Mark the folder as stopped: files may have been fetched already, and are kept to be compared."""
        folder = self._folder / campaign.id
        if folder.is_dir():
            await asyncio.to_thread(_put, folder / self._words["stopped_file"], self._words["stopped"] + "\n")

    def faults(self, connection: Connection, campaign: Campaign, now: float) -> Sequence[str]:
        """Return what is missing: words for SMS or screens."""
        wanted = (variant.texts for variant in campaign.variants)
        return [] if any(texts.sms or texts.screen for texts in wanted) else ["export_text_missing"]

    async def preview(self, campaign: Campaign, texts: Texts, to: str) -> Result:
        """Return that there is none: files go to nobody."""
        return Result(JobState.FAILED, cause="no preview for files")

    def _write(self, campaign: Campaign, wave: int, now: float) -> int:
        folder = self._folder / campaign.id
        folder.mkdir(parents=True, exist_ok=True)
        day = f"{quiet.local_day(now):%Y-%m-%d}"
        files: dict[str, str] = {}
        for name, text_of in (("sms", _sms), ("screens", _screen)):
            written = [variant for variant in campaign.variants if text_of(variant.texts)]
            if written:
                rows = [self._row(campaign, wave, day, one, text_of(one.texts)) for one in written]
                files[f"{name}.csv"] = table([self._words[key] for key in HEAD], rows)
        for variant in campaign.variants:
            if variant.texts.screen:
                files[f"screen-{variant.key}.txt"] = variant.texts.screen + "\n"
        for name, text in files.items():
            _put(folder / name, text)
        (folder / self._words["stopped_file"]).unlink(missing_ok=True)
        return len(files)

    def _row(self, campaign: Campaign, wave: int, day: str, variant: Variant, text: str) -> list[str]:
        rule = campaign.audience
        to = [*rule.roles, *rule.districts, *rule.scenes, *rule.ages]
        whom = " ".join(to) if to else self._words["everyone"]
        return [campaign.id, str(wave), day, whom, variant.key, text, str(len(text))]


HEAD = ("campaign", "wave", "day", "audience", "variant", "text", "characters")


def build(data_dir: Path) -> Export:
    """Return the sender that writes below ``data_dir``/campaigns."""
    return Export(data_dir / "campaigns", yaml.safe_load(PATH.read_text("utf-8")))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a CSV that Excel opens as it is meant, and in which no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return BOM + out.getvalue()


def cell(value: str) -> str:
    """Return ``value`` so that no spreadsheet takes it for a formula."""
    return (
        f"'{value}"
        if value.lstrip(" \u3000\ufeff").startswith(FORMULA) or value.startswith(FORMULA)
        else value
    )


def _put(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with fresh.open("w", encoding="utf-8", newline="") as stream:
        stream.write(text)
    fresh.replace(path)


def _sms(texts: Texts) -> str:
    return texts.sms


def _screen(texts: Texts) -> str:
    return texts.screen
