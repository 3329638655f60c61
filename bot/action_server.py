"""Serves the actions on a private address once the assessor is warm. ``python -m bot.action_server``."""

from __future__ import annotations

from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic

from bot import quiet_log, schools
from bot.actions.judge import warm_up
from bot.settings import load_settings


class LightExecutor(ActionExecutor):  # type: ignore[misc]
    """Runs actions without the domain, which Rasa sends only to those that ask for it (``send_domain``).

    rasa-sdk 3.21 answers 449 to a call without a domain and expects Rasa to try again; Rasa 3.6 does not.
    """

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> dict[str, Any]:
        """Return the domain that came with the call, else an empty one."""
        return payload.get("domain") or {}


def build_executor() -> ActionExecutor:
    """Return an executor that knows every action of ``bot.actions``."""
    executor = LightExecutor()
    executor.register_package("bot.actions")
    return executor


def build_app() -> Sanic[Any, Any]:
    """Return the web application; rasa-sdk's own CORS for everybody is not wanted here."""
    app: Sanic[Any, Any] = create_app(build_executor(), cors_origins=[])
    return app


def main() -> None:
    """Warm the assessor, then listen: until then nothing answers on the port."""
    settings = load_settings()
    quiet_log.set_up(as_json=settings.log_json)
    schools.load()  # a file that cannot be used is said at the start, not to the first student
    warm_up()
    build_app().run(
        host=settings.bot_host,
        port=settings.actions_port,
        single_process=True,
        access_log=False,
        motd=False,
    )


if __name__ == "__main__":
    main()
