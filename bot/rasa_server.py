"""Starts Rasa (Python 3.10): REST channel only, a private address, no HTTP API. ``python -m bot.rasa_server``."""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot import model_seal, quiet_log
from bot.settings import BotSettings, load_settings

# These log calls of Rasa 3.6.21 carry the person's words (rest.py lines 93 and 97); the words are taken out.
WORDS_IN_LOG = (
    "text",
    "message",
    "parse_data_text",
    "parse_data_entities",
    "slot_values",
    "rasa_core_tracker_string",
)


# Rasa takes the JSON of a button payload in domain.yml for a slot, complains, and leaves it as it is.
NOISE = "interpolator.interpolate.text"


def _drop_event() -> Exception:
    from structlog import DropEvent

    dropped: Exception = DropEvent()
    return dropped


def hide_words(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Return a structlog event without what a person wrote; failures keep their name only."""
    if event.get("event") == NOISE:
        raise _drop_event()
    cleaned = {key: value for key, value in event.items() if key not in WORDS_IN_LOG}
    if cleaned.pop("exc_info", None):
        cleaned["cause"] = "exception in the dialogue engine"
    return cleaned


def make_validation(spec: dict[str, Any]) -> Callable[[Any, dict[str, Any]], bool]:
    """Return a check of action answers with its validator built once.

    Rasa builds (and re-checks) the schema for every answer: 84 % of its time under load.
    The schema and the check stay the same; a broken answer raises ``jsonschema.ValidationError`` as before.
    """
    from jsonschema.validators import validator_for

    kind = validator_for(spec)
    kind.check_schema(spec)
    validator = kind(copy.deepcopy(spec))

    def validate(_action: Any, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    return validate


def prepare(settings: BotSettings) -> None:
    """Patch Rasa's answer check and quieten logs that would carry people's words."""
    import structlog
    from rasa.core.actions.action import RemoteAction

    RemoteAction._validate_action_result = make_validation(RemoteAction.action_response_format_spec())
    quiet_log.set_up(as_json=settings.log_json)
    lines = structlog.processors.KeyValueRenderer(key_order=["event", "level"])
    structlog.configure(
        processors=[
            hide_words,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer() if settings.log_json else lines,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=True,
    )


def chosen(settings: BotSettings) -> Path | None:
    """Return the newest model of the model folder, None when there is none. Raises ``SystemExit`` for a foreign one."""
    try:
        return model_seal.newest(Path(settings.model_folder))
    except model_seal.NotSealed as fault:
        raise SystemExit(f"the model is refused: {fault}") from None


def serve(settings: BotSettings, model: Path | None) -> None:
    """Load ``model`` and answer until told to stop."""
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.endpoints import EndpointConfig

    if model is None:
        raise SystemExit(
            f"no trained model in {settings.model_folder}: train one first (see CONTRIBUTING.md)"
        )
    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    endpoints.action.url = settings.actions_url
    if settings.redis_url:
        endpoints.lock_store = EndpointConfig(settings.redis_url, type="bot.shared_locks.SharedLocks")
    serve_application(
        model_path=str(model),
        channel="rest",
        interface=settings.bot_host,
        port=settings.rasa_port,
        enable_api=False,
        endpoints=endpoints,
    )


def main() -> None:
    """Start the dialogue engine with the settings of the environment."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    settings = load_settings()
    model = chosen(settings)  # before anything else: a foreign model is no reason to load Rasa
    prepare(settings)
    serve(settings, model)


if __name__ == "__main__":
    main()
