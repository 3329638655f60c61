"""Runs a measurement in a process of its own, so that it neither warms nor burdens another one."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def isolated(core_count: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return ``work(...)``, done in a new process on the last ``core_count`` cores this one may use."""
    with multiprocessing.get_context("spawn").Pool(1, _pin, (core_count,)) as pool:
        return pool.apply(work, args, dict(kwargs))


def few_threads() -> None:
    """Set one BLAS thread, as the Makefile does; must come before numpy is imported."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _pin(core_count: int) -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-core_count:])
