"""What editors of the knowledge do from the command line: lint, figures, search."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

kb = typer.Typer(help="The knowledge base.", no_args_is_help=True)


@kb.command()
def lint() -> None:
    """List what is wrong in the knowledge, by file and line."""
    from knowledge_base import lint as rules

    raise typer.Exit(rules.main())


@kb.command()
def stats(
    write: Annotated[
        Path | None, typer.Option("--write", help="Write the page here (docs/knowledge_base.md).")
    ] = None,
) -> None:
    """Count and measure the knowledge; fails when a floor is broken."""
    from knowledge_base import stats as figures

    raise typer.Exit(figures.main(write))


@kb.command()
def search(
    text: str, k: Annotated[int, typer.Option("--k", min=1, max=100, help="How many hits.")] = 10
) -> None:
    """Show the nearest sayings with their scores."""
    from knowledge_base.search import Searcher

    for hit in Searcher.load().search(text, k):
        line = hit.phrase.text.replace("\n", " / ")
        typer.echo(f"{hit.score:6.3f}  {hit.phrase.owner:42}  {line[:80]}")
