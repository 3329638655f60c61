"""Looks at running processes: memory, processor time, the cores they may use."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Family:
    """Named processes below one parent, each told by a word of its command line."""

    pids: Mapping[str, int]

    @classmethod
    def below(cls, parent: int, words: Mapping[str, str]) -> Family:
        """Find the processes by ``words`` (name -> word). Raises ``LookupError`` for one that is not there."""
        found: dict[str, int] = {}
        for process in psutil.Process(parent).children(recursive=True):
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            for name, word in words.items():
                if word in line:
                    found.setdefault(name, process.pid)
        if missing := set(words) - set(found):
            raise LookupError(f"no such process: {', '.join(sorted(missing))}")
        return cls(found)

    def memory(self) -> dict[str, float]:
        """Return each process's resident memory in MB."""
        return {name: psutil.Process(pid).memory_info().rss / MEGABYTE for name, pid in self.pids.items()}

    def cpu(self) -> dict[str, float]:
        """Return the processor seconds each process has used, its children's included."""
        return {name: _cpu(pid) for name, pid in self.pids.items()}

    def pin(self, name: str, cores: Sequence[int]) -> None:
        """Let every thread of one process run on ``cores`` only; threads born later inherit it."""
        for thread in psutil.Process(self.pids[name]).threads():
            os.sched_setaffinity(thread.id, cores)


def cores() -> list[int]:
    """Return the cores this process may use."""
    return sorted(os.sched_getaffinity(0))


def machine_busy() -> float:
    """Return the processor seconds of all processes of the machine since it started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def total_memory_gb() -> float:
    """Return the machine's memory in GB."""
    return float(psutil.virtual_memory().total / 1024**3)


def end(process: subprocess.Popen[bytes], seconds: float = 40) -> None:
    """Ask a process that we started to end; kill it when it does not listen."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _cpu(pid: int) -> float:
    process = psutil.Process(pid)
    times = process.cpu_times()
    own = times.user + times.system + times.children_user + times.children_system
    return float(own + sum(sum(child.cpu_times()[:2]) for child in process.children(recursive=True)))
