"""The gateway: the one process that faces the internet.

Run it with ``uvicorn channels.gateway:create_default_app --factory``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Sequence

import httpx
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlalchemy import Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot import quiet_log
from channels.answers import failure, log_bug, refusal
from channels.base import Channel, Refuse
from channels.checks import Assessing, Checks, load_assessor
from channels.dialogue import Dialogue
from channels.fallback import Fallback
from channels.feeds import load_words
from channels.guard import Guard
from channels.house import House, Yard
from channels.metrics import Metrics
from channels.payloads import AllowList, load_allow_list
from channels.pictures.reader import PictureReader, PicturesDown, Reads
from channels.rasa_workers import RasaWorkers
from channels.readiness import Readiness, actions_health, answers, campaigns_health
from channels.registry import Grounds, build_annexes, build_channels
from channels.routes.chat import chat_routes, webhooks
from channels.routes.chat_image import chat_image_routes, image_path
from channels.routes.check import check_routes
from channels.routes.check_image import PATH as CHECK_IMAGE
from channels.routes.check_image import check_image_routes
from channels.routes.health import health_routes
from channels.routes.hooks import ShortWay
from channels.routes.operator import Counter, operator_routes
from channels.routes.own_data import Page, own_data_routes
from channels.routes.pages import page_routes
from channels.routes.pictures import picture_routes
from channels.routes.warnings import warning_routes
from channels.settings import Settings, load_settings
from channels.sight import Sight
from channels.warnings import Warnings
from channels.wording import Wording, load_wording
from storage.engine import alive, default_url, open_engine
from storage.migrate import upgrade_patiently

# FastAPI would put exception messages, which may quote a person, into OpenTelemetry records.
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
DATABASE_SECONDS = 120.0  # so long the start waits for a database server that is away
RELOAD_SECONDS = 15.0  # while an index is being built or repaired, this is soon enough
# How long a thread that computes keeps the interpreter while the event loop wants it. With Python's 5 ms, two threads
# that judge texts cost every step of storing a message 10 ms.
SWITCH_SECONDS = 0.0005
log = logging.getLogger("fanzha.gateway")


class IndexNotLoaded(Exception):
    """The assessor is still loading, or could not be loaded; the log says which."""


def create_default_app() -> FastAPI:
    """Return the app as the environment configures it. Raises ``SettingsError`` and the like at once."""
    settings = load_settings()
    quiet_log.set_up(as_json=settings.log_json)
    sys.setswitchinterval(SWITCH_SECONDS)
    return create_app(settings)


def create_app(
    settings: Settings,
    assessor: Assessing | None = None,
    dialogue: Dialogue | None = None,
    client: httpx.AsyncClient | None = None,
    allowed: AllowList | None = None,
    channels: Sequence[Channel] | None = None,
    pictures: Reads | None = None,
) -> FastAPI:
    """Return the app; what is None is built as in production.

    The database is opened and brought up to date here; the assessor is loaded while the app starts.
    """
    wording = load_wording()
    metrics = Metrics()
    engine = open_engine(settings.database_url or default_url(settings.data_dir))
    upgrade_patiently(engine, DATABASE_SECONDS)
    http = client or httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=200))
    fallback = Fallback(wording, None)
    readiness = _readiness(settings, http, engine, fallback, metrics)

    async def actions_up() -> bool:
        return (await readiness.parts())["actions"].up

    reader = pictures or PictureReader(
        settings.pictures_at_once,
        settings.pictures_waiting,
        settings.picture_threads,
        settings.picture_seconds,
    )
    sight = Sight(reader, wording, metrics)
    doors = build_channels(settings, http) if channels is None else channels
    house = House(
        Yard(
            settings,
            engine,
            http,
            dialogue or RasaWorkers(http, settings.dialogue_engines, settings.dialogue_timeout_seconds),
            fallback,
            allowed or load_allow_list(),
            actions_up,
            metrics,
            wording,
            doors,
            sight,
        )
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Building a stale index takes a minute: till then people get the dialogue; /readyz says so.
        fallback.checks = Checks(assessor) if assessor is not None else None
        loading = asyncio.create_task(_load_all(fallback, reader)) if assessor is None else None
        async with house.open():
            yield
        if loading is not None:
            loading.cancel()
        await http.aclose()
        await asyncio.to_thread(reader.close)
        if fallback.checks:
            fallback.checks.close()
        engine.dispose()

    app = FastAPI(
        title="fanzha", version="1", docs_url=None, redoc_url=None, lifespan=lifespan, telemetry=NO_TELEMETRY
    )
    app.include_router(check_routes(fallback, house.rates, metrics, wording))
    app.include_router(check_image_routes(fallback, sight, house.rates, metrics, wording))
    app.include_router(chat_routes(house.door, doors, house.rates, wording))
    uploads = {CHECK_IMAGE}
    for page in (channel for channel in doors if channel.assets()):
        uploads.add(image_path(page))
        app.include_router(chat_image_routes(page, house.door, house.rates, wording))
        data = house.own_data(page.name)
        app.include_router(own_data_routes(Page(page, data, house.door), house.rates, wording))
    if len(house.operators):
        counter = Counter(house.operators, house.cases, house.threads, house.postman, fallback)
        app.include_router(operator_routes(counter, house.rates, wording))
    annexes = build_annexes(Grounds(settings, engine, http, house.rates, wording))
    for annex in annexes:
        app.include_router(annex.router)
    app.include_router(health_routes(readiness, metrics))
    app.include_router(picture_routes(house.pictures, wording))
    warnings = Warnings(engine, house.threads)
    app.include_router(warning_routes(warnings, settings.public_base_url, wording, load_words()))
    app.include_router(page_routes(doors, app.openapi))
    _answer_faults(app, metrics, wording)
    hooks = webhooks(house.door, doors, house.rates, wording)
    app.add_middleware(ShortWay, endpoints=hooks, metrics=metrics, wording=wording)
    roomy = {door.path: door.capabilities.body_bytes for door in doors if door.capabilities.body_bytes}
    roomy |= {annex.prefix: annex.most_body for annex in annexes}
    app.add_middleware(Guard, metrics=metrics, wording=wording, uploads=frozenset(uploads), roomy=roomy)
    return app


def _readiness(
    settings: Settings, client: httpx.AsyncClient, engine: Engine, fallback: Fallback, metrics: Metrics
) -> Readiness:
    async def index() -> bool:
        if fallback.checks is None:
            raise IndexNotLoaded
        return True

    async def database() -> bool:
        return await asyncio.to_thread(alive, engine)

    engines = settings.dialogue_engines
    several = {
        f"rasa-{number}": answers(client, *engine)
        for number, engine in enumerate(engines, 1)
        if len(engines) > 1
    }
    probes = {
        "rasa": answers(client, *(address for engine in engines for address in engine)),
        **several,
        "actions": answers(client, actions_health(settings.actions_url)),
        "campaigns": answers(client, campaigns_health(settings.campaigns_url)),
        "index": index,
        "database": database,
    }
    # Who writes to us is answered without the campaigns' worker.
    return Readiness(probes, metrics, spare=frozenset({*several, "campaigns"}))


async def _load_all(fallback: Fallback, reader: Reads) -> None:
    """Load the assessor, then what reads pictures: the first needs the processor more."""
    await _load_checks(fallback)
    try:
        await reader.warm()
    except PicturesDown as error:  # people are told so, and to type the words
        log.error("pictures cannot be read: %s", error.cause)


async def _load_checks(fallback: Fallback) -> None:
    """Load the assessor, again and again if need be; till then people get the dialogue and the hotlines."""
    while fallback.checks is None:
        try:
            fallback.checks = Checks(await asyncio.to_thread(load_assessor))
        except Exception as error:  # /readyz reports the part as down
            log_bug(error, "start")
            await asyncio.sleep(RELOAD_SECONDS)


def _answer_faults(app: FastAPI, metrics: Metrics, wording: Wording) -> None:
    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refuse)
        metrics.refusals.labels(error.code).inc()
        return refusal(error, wording)

    async def http(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return failure(status, "method_wrong" if status == 405 else "not_found", wording)

    app.add_exception_handler(Refuse, refused)
    app.add_exception_handler(HTTPException, http)
