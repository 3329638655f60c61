"""Logs that never carry people's words: exceptions are named, their messages and bodies are not written.

All processes write through this: lines of text, or of JSON when ``FANZHA_LOG_JSON`` is set.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
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


class JsonFormatter(QuietFormatter):
    """Writes one JSON object a line: ``at`` (UTC, ISO 8601), ``level``, ``part``, ``message``, perhaps ``cause``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line = {
            "at": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "part": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["cause"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(level: int = logging.WARNING, as_json: bool = False) -> None:
    """Send every log line of this process to standard error through the quiet formatter."""
    handler = logging.StreamHandler()
    plain = QuietFormatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    handler.setFormatter(JsonFormatter() if as_json else plain)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # uvicorn brings handlers of its own, which would write an exception's message.
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def _place(trace: TracebackType | None) -> str:
    if trace is None:
        return "?"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
