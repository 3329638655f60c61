"""A report as a page that stands by itself (no script, prints well) and as a table for spreadsheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from campaigns.calendar import occasions
from campaigns.calendar.days import CHINA
from campaigns.delivery.export import table
from campaigns.report.counts import Count, total
from campaigns.report.results import Results, Tally
from knowledge_base import content

HERE = Path(__file__).parent
FIGURES = (
    "audience",
    "sent",
    "delivered",
    "failed",
    "unknown",
    "skipped",
    "waiting",
    "opened",
    "clicked",
    "replies",
    "checks",
    "opted_out",
)
FROM_PLATFORMS = frozenset({"delivered", "opened", "clicked"})  # the rest we know ourselves, sooner or later


class Words:
    """``report.yml`` with what it says of figures, states and causes."""

    def __init__(self, found: Mapping[str, Mapping[str, str]]) -> None:
        self.plain = found["words"]
        self._found = found

    def figure(self, tally: Tally, name: str) -> str:
        """Return a figure as it may be shown. What no platform tells says so."""
        count: Count | None = getattr(tally, name, None)  # nothing tells who opened or clicked
        if count is None:
            return self.plain["not_told" if name in FROM_PLATFORMS else "not_yet"]
        return self.count(count)

    def count(self, count: Count) -> str:
        """Return a number, a range, or "fewer than five"."""
        if count.exact:
            return str(count.low)
        if count.small:
            return self.plain["few"]
        return self.plain["range"].format(low=count.low, high=count.high)

    def state(self, name: str) -> str:
        """Return the state of a campaign, a wave or a job."""
        return self._found["states"].get(name, name)

    def route(self, name: str) -> str:
        """Return the name of a route."""
        return self._found["routes"].get(name, name)

    def channel(self, name: str) -> str:
        """Return the name of a channel."""
        return self._found["channels"].get(name, name)

    def target(self, name: str) -> str:
        """Return where a job goes; a robot's own name stays as it is."""
        return self._found["targets"].get(name, name)

    def cause(self, name: str) -> str:
        """Return a cause; a platform's own word stays as it is."""
        return self._found["causes"].get(name, name)

    def points(self, gap: Any) -> str:
        """Return a difference in percentage points with its interval."""
        value, low, high = (f"{100 * one:+.1f}" for one in (gap.second - gap.first, gap.low, gap.high))
        return self.plain["points"].format(value=value, low=low, high=high)


def html(found: Results) -> str:
    """Return the page."""
    known = occasions.load().get(found.campaign.occasion or "")
    return (
        _environment()
        .get_template("report.html")
        .render(found=found, words=words(), figures=FIGURES, when=_when, occasion=known.name if known else "")
    )


def csv(found: Results) -> str:
    """Return the table: a row for the sum, each wave, each of its routes, and each variant."""
    said = words()
    columns = ("wave_column", "route", "variant", "due", "state", *FIGURES, "scans", "causes")
    return table([said.plain[name] for name in columns], list(_rows(found, said)))


@cache
def words() -> Words:
    """Return the words."""
    return Words(content.read(HERE / "report.yml"))


def _rows(found: Results, said: Words) -> Iterator[list[str]]:
    def row(head: list[str], tally: Tally, causes: str = "", scans: str = "") -> list[str]:
        both = {**tally.failed_by, **tally.skipped_by}
        why = [f"{said.cause(name)} {said.count(count)}" for name, count in both.items()]
        return [
            *head,
            *(said.figure(tally, name) for name in FIGURES),
            scans,
            "; ".join(filter(None, [causes, *why])),
        ]

    scanned = said.count(total(found.scans.values())) if found.scans else "0"
    yield row([said.plain["total"], "", "", "", ""], found.tally, scans=scanned)
    for wave in found.waves:
        head = [str(wave.number + 1), "", "", _when(wave.due_at), said.state(wave.state)]
        yield row(head, wave.tally, said.cause(wave.cause) if wave.cause else "")
        for way in wave.ways:
            told = (
                f"{said.target(target)} {said.state(state)} {cause and said.cause(cause)}"
                for target, state, cause in way.jobs
            )
            yield row([str(wave.number + 1), said.route(way.route), "", "", ""], way.tally, ", ".join(told))
    for key, tally in found.variants.items():
        yield row(["", "", key, "", ""], tally)


def _when(at: float) -> str:
    return f"{dt.datetime.fromtimestamp(at, CHINA):%Y-%m-%d %H:%M}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
