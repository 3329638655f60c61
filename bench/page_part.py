"""A page of which each command writes its own part, between two marks: docs/load.md."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import machine
from bench.section import Section

PARTS = ("webhooks", "answers", "kill", "soak")
INTRO = """\
# Load and kills

Written by the commands that each part names, with `--write docs/load.md`; do not edit by hand. Clients, the fake WeChat,
the databases and the assistant share the machine's two cores, and other work ran on it too: the load average stands beside
the figures.
"""


def show(name: str, section: Section, page: Path | None) -> None:
    """Print the section, or write it as the part ``name`` into ``page``."""
    told = f"\n{measured_on()}\n"
    if page is None:
        sys.stdout.write(section.markdown() + told)
    else:
        put(name, section.markdown() + told, page)


def measured_on() -> str:
    """Return when and on what this was measured."""
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine.describe()[0]}."


def put(name: str, markdown: str, page: Path) -> None:
    """Write ``markdown`` in the place of the part ``name``; the other parts stay."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    before, found, rest = text.partition(f"<!-- {name} -->\n")
    if found:  # a page with words of its own keeps them
        after = rest.partition(f"<!-- /{name} -->")[2]
        page.write_text(f"{before}{found}{markdown.strip()}\n<!-- /{name} -->{after}", encoding="utf-8")
        return
    held = {part: _part(part, text) for part in PARTS} | {name: markdown.strip()}
    blocks = [f"<!-- {part} -->\n{body}\n<!-- /{part} -->" for part, body in held.items() if body]
    page.write_text("\n\n".join([INTRO.strip(), *blocks]) + "\n", encoding="utf-8")


def _part(name: str, text: str) -> str:
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- /{name} -->")[0]
