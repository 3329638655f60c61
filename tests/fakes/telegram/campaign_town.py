"""What a campaign by Telegram needs, each a process of its own, to be killed and started anew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from bench.servers import free_port
from tests.fakes.telegram.world import Account

ROOT = Path(__file__).parents[3]


class Town:
    """The fake Telegram, the gateway and the worker, as processes."""

    def __init__(self, folder: Path, url: str) -> None:
        self.port, self.fake, self.worker_port = free_port(), free_port(), free_port()
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "FANZHA_DATA_DIR": str(folder),
            "FANZHA_DATABASE_URL": url,
            "FANZHA_PORT": str(self.port),
            "FANZHA_CAMPAIGNS_PORT": str(self.worker_port),
            "FANZHA_TELEGRAM_TOKEN": Account().token,
            "FANZHA_TELEGRAM_SECRET": "test-secret_0123456789",
            "FANZHA_TELEGRAM_API_BASE": f"http://127.0.0.1:{self.fake}",
        }
        self._log = (folder / "log").open("ab")
        self._words = {
            "telegram": ("tests.fakes.telegram", "--port", str(self.fake)),
            "gateway": ("tests.fakes.telegram.stub_gateway",),
            "worker": ("tests.fakes.telegram.stub_campaigns",),
        }
        self._processes = {name: self._start(name) for name in self._words}

    def kill(self, name: str) -> None:
        """End a part as a power cut would, and start it anew."""
        self._processes[name].send_signal(signal.SIGKILL)
        self._processes[name].wait()
        self._processes[name] = self._start(name)

    def close(self) -> None:
        """End all."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._log.close()

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *self._words[name]]
        return subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=self._log, stderr=self._log)
