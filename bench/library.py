"""Checks through the library, on one core: ``python -m bench.library``."""

from __future__ import annotations

from pathlib import Path

from bench.house import workspace
from bench.isolated import few_threads, isolated
from bench.section import Aim, Section, Table
from bench.texts import KINDS, MIXED, Composer
from bench.timing import Timing, time_each
from bench.where import TimeByPlace, sample

COMMAND = "python -m bench.library"
COUNT = {"short": 300, "medium": 200, "long": 100, MIXED: 300}
IDENTICAL = 2_000  # pastes of one text
TIMES_FASTER = 3.0
METHOD = """\
`Assessor.assess` in a process of its own, bound to one core, built-in encoder, one BLAS thread. "first" are texts never
seen before; "again" is one and the same text pasted over and over, as a viral message is."""


def measure(data: Path) -> Section:
    """Return the section; ``data`` holds a built index."""
    fresh, again, lengths, places = isolated(1, _measure, data)
    first, second = fresh["medium"], again["medium"]
    faster = first.p50 / second.p50
    rows = [
        (f"{kind} ({lengths[kind]:.0f} characters)", name, *_cells(timing))
        for kind in (*KINDS, MIXED)
        for name, timing in (("first", fresh[kind]), ("again", again[kind]))
    ]
    return Section(
        "Checks through the library",
        COMMAND,
        METHOD,
        (
            Table(("text", "paste", "checks", "p50 ms", "p95 ms", "per second"), tuple(rows)),
            Table(("where the time of a first paste goes", "share"), places.rows()),
        ),
        (
            f"A thread looked every millisecond where the assessor was ({places.samples} looks, mixed lengths); what "
            "numpy or FAISS do counts for the file of ours that called them.",
            "A long text is judged as a whole and in passages, each of which goes through the encoder.",
        ),
        (
            Aim(
                "identical paste, by the first (medium text, p50)",
                f"≥ {TIMES_FASTER:.0f} ×",
                f"{faster:.0f} ×",
                faster >= TIMES_FASTER,
            ),
        ),
    )


def _cells(timing: Timing) -> tuple[object, ...]:
    return (timing.count, timing.p50, timing.p95, timing.per_second)


def _measure(data: Path) -> tuple[dict[str, Timing], dict[str, Timing], dict[str, float], TimeByPlace]:
    from bot.assessment.assessor import Assessor
    from knowledge_base.settings import KnowledgeSettings

    assessor = Assessor.load(KnowledgeSettings(data_dir=data))
    composer = Composer.load(2)
    time_each(assessor.assess, composer.texts(20))
    fresh, again, lengths = {}, {}, {}
    for kind, count in COUNT.items():
        texts = composer.texts(count, kind)
        lengths[kind] = sum(map(len, texts)) / count
        fresh[kind] = Timing.of(time_each(assessor.assess, texts))
        again[kind] = Timing.of(time_each(assessor.assess, texts[-1:] * IDENTICAL))
    places = sample(lambda: time_each(assessor.assess, composer.texts(COUNT[MIXED])))
    return fresh, again, lengths, places


def main() -> None:
    """Print the section."""
    few_threads()
    with workspace() as space:
        print(measure(space.data).markdown())


if __name__ == "__main__":
    main()
