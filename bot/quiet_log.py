"""Logs that never carry people's words: exceptions are named, their messages and bodies are not written."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Union

Failure = Union[
    tuple[type[BaseException], BaseException, TracebackType | None],
    tuple[None, None, None],
]


class QuietFormatter(logging.Formatter):
    """Writes the chain of exception types and where each was raised.

    Rasa logs the answer of a failed action call whole, and rasa-sdk repeats the request in it.
    """

    def formatException(self, ei: Failure) -> str:  # noqa: N802  the name is logging's
        """Return ``Type at file:line <- Type at file:line`` for an exception and its causes."""
        parts = []
        error = ei[1]
        while error is not None:
            parts.append(f"{type(error).__name__} at {_place(error.__traceback__)}")
            error = error.__cause__ or error.__context__
        return " <- ".join(parts)


def set_up(level: int = logging.WARNING) -> None:
    """Send every log line of this process to standard error through the quiet formatter."""
    handler = logging.StreamHandler()
    handler.setFormatter(QuietFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _place(trace: TracebackType | None) -> str:
    if trace is None:
        return "?"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
