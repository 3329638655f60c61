"""The whole assistant behind the fake WeChat, with a page that plays the phone: ``make demo-wechat``."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.fakes.wechat.world import Account

ROOT = Path(__file__).parents[3]
START_SECONDS = 600.0  # the first start builds the index and trains the dialogue engine


def environment(account: Account, port: int, fake_port: int, folder: Path) -> dict[str, str]:
    """Return what makes the gateway talk to the fake."""
    return {
        **os.environ,
        "FANZHA_PORT": str(port),
        "FANZHA_DATABASE_URL": f"sqlite:///{folder / 'demo-wechat.db'}",
        "FANZHA_WECHAT_APP_ID": account.app_id,
        "FANZHA_WECHAT_APP_SECRET": account.secret,
        "FANZHA_WECHAT_TOKEN": account.token,
        "FANZHA_WECHAT_AES_KEY": account.aes_key,
        "FANZHA_WECHAT_ACCOUNT": account.kind,
        "FANZHA_WECHAT_API_BASE": f"http://127.0.0.1:{fake_port}",
    }


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--phone-port", type=int, default=8788)
    parser.add_argument("--kind", choices=["service", "subscription", "unverified"], default="service")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    account = Account(kind=options.kind)
    folder = ROOT / ".var"
    folder.mkdir(exist_ok=True)
    variables = environment(account, options.port, options.phone_port, folder)
    callback = f"http://127.0.0.1:{options.port}/webhooks/wechat"
    fake = [sys.executable, "-m", "tests.fakes.wechat", "--port", str(options.phone_port)]
    processes = [
        subprocess.Popen([*fake, "--callback", callback, "--kind", options.kind], cwd=ROOT),
        subprocess.Popen([sys.executable, "-m", "fanzha", "run"], cwd=ROOT, env=variables),
    ]
    try:
        _wait(f"http://127.0.0.1:{options.port}/readyz", processes)
        if account.kind != "unverified":
            subprocess.run(
                [sys.executable, "-m", "fanzha", "wechat", "menu"], cwd=ROOT, env=variables, check=True
            )
        sys.stdout.write(f"\n  phone   http://127.0.0.1:{options.phone_port}/\n")
        sys.stdout.flush()
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(20)


def _wait(url: str, processes: list[subprocess.Popen[bytes]]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if any(process.poll() is not None for process in processes):
            raise SystemExit("a part ended before everything was ready; its reason stands above")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SystemExit("the assistant did not get ready")


if __name__ == "__main__":
    main()
