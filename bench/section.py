"""One measurement's part of the page: a table, the command that makes it, the aims it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """What was aimed at and what came out, both in words with units."""

    what: str
    wanted: str
    reached: str
    met: bool


@dataclass(frozen=True)
class Table:
    """Cells are shown as they are; floats with a sensible number of digits."""

    header: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def lines(self) -> list[str]:
        """Return the table as markdown."""
        rule = ["---"] + ["---:"] * (len(self.header) - 1)
        return [_row(self.header), _row(rule), *(_row([show(cell) for cell in row]) for row in self.rows)]


@dataclass(frozen=True)
class Section:
    """A heading, what was done in words, the command, tables, remarks and aims."""

    title: str
    command: str
    method: str
    tables: tuple[Table, ...]
    remarks: tuple[str, ...] = ()
    aims: tuple[Aim, ...] = ()

    def markdown(self) -> str:
        """Return the section with its heading."""
        blocks = [f"## {self.title}", f"`{self.command}`", self.method]
        blocks += ["\n".join(table.lines()) for table in self.tables]
        blocks += ["\n".join(f"- {remark}" for remark in self.remarks)] if self.remarks else []
        if self.aims:
            blocks.append("\n".join(aim_table(self.aims).lines()))
        return "\n\n".join(blocks) + "\n"


def aim_table(aims: Sequence[Aim]) -> Table:
    """Return the aims with their figures."""
    rows = tuple((aim.what, aim.wanted, aim.reached, "yes" if aim.met else "**no**") for aim in aims)
    return Table(("aim", "wanted", "reached", "met"), rows)


def show(cell: object) -> str:
    """Return a cell's text: three significant digits for small floats, none past the point for large ones."""
    if not isinstance(cell, float):
        return str(cell)
    if abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
