"""Runs every measurement and writes docs/benchmarks.md: ``make bench`` (about a quarter of an hour)."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from bench import api, chain, cold, index_scale, library, machine, memory, pictures
from bench.bare_bot import bare_bot
from bench.house import ROOT, house, workspace
from bench.isolated import few_threads
from bench.section import Section, aim_table

PAGE = ROOT / "docs" / "benchmarks.md"
INTRO = """\
# Benchmarks

Written by `make bench`; do not edit by hand. Each table names the command that makes it alone (run in the repository's
root with `.venv/bin` first on the path). What is measured is the real thing: `fanzha run` with all its processes, started
on free ports with a copy of the built index and dialogue model and an empty database. Clients and servers share the
machine. Texts are composed from `bench/texts.yml`, no two alike unless a table says so."""


def main() -> None:
    """Measure, write the page, and say which aims were missed."""
    few_threads()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cap", type=float, default=index_scale.CAP, help="seconds for building 1M vectors")
    parser.add_argument("--page", type=Path, default=PAGE, help="where to write")
    options = parser.parse_args()
    before, started = machine.load(), time.monotonic()
    sections = measure(options.cap)
    minutes = (time.monotonic() - started) / 60
    options.page.write_text(page(sections, before, minutes), encoding="utf-8")
    for section in sections:
        for aim in section.aims:
            _say(f"{'met   ' if aim.met else 'MISSED'} {aim.what}: {aim.reached} (wanted {aim.wanted})")
    _say(f"written: {options.page}")


def measure(cap: float) -> list[Section]:
    """Return all sections in the order of the page."""
    _say("index and dialogue model")
    with workspace() as space:
        _say("library")
        in_library = library.measure(space.data)
        _say("starting everything")
        with house(space) as running:
            _say("API")
            over_http = api.measure(running)
            _say("bare bot: training and starting")
            with bare_bot() as bare:
                _say(f"whole chain, {chain.ROUNDS} rounds")
                whole = chain.measure(running, bare)
            _say("pictures")
            with_pictures = pictures.measure(running)
            in_memory = memory.measure(running)
            ready = running.ready_seconds
        _say("cold starts")
        starts = cold.measure(space, ready)
        _say("index at 10k, 100k, 1M")
        large = index_scale.measure(space.data, cap)
    return [in_library, over_http, whole, with_pictures, in_memory, starts, large]


def page(sections: list[Section], load_before: str, minutes: float) -> str:
    """Return the page's markdown."""
    aims = [aim for section in sections for aim in section.aims]
    blocks = [
        INTRO,
        "## Aims",
        "\n".join(aim_table(aims).lines()),
        "## Machine",
        "\n".join(f"- {line}" for line in machine.describe()),
        f"Load average before the run: {load_before} (0 is a quiet machine). The run took {minutes:.0f} minutes.",
        *(section.markdown().rstrip() for section in sections),
    ]
    return "\n\n".join(blocks) + "\n"


def _say(text: str) -> None:
    sys.stdout.write(f"[bench] {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
