"""Bring the database to the newest schema. Runs at every start; does nothing when there is nothing to do.

A new step is a new file in ``migrations/versions`` (``revision``, ``down_revision``, ``upgrade``) together
with the change in ``tables.py`` or ``campaign_tables.py``; a test compares the two.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from storage import campaign_tables
from storage.engine import reading

METADATA = campaign_tables.campaign.metadata  # both files share it
MIGRATIONS = Path(__file__).parent / "migrations"
PAUSE_SECONDS = 0.5  # between two tries while a server is away
LOCK = 0x66616E7A  # any fixed number: two processes starting together on PostgreSQL take turns
log = logging.getLogger("fanzha.storage")


def upgrade_patiently(engine: Engine, seconds: float) -> None:
    """Like ``upgrade``; a server that is away is asked again for ``seconds``. Raises the last error.

    A process that ends because its database restarts would keep dying, until its supervisor gives it up.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return upgrade(engine)
        except OperationalError as error:
            if engine.dialect.name == "sqlite" or time.monotonic() > deadline:
                raise
            log.warning("the database does not answer (%s); trying again", type(error).__name__)
        time.sleep(PAUSE_SECONDS)


def upgrade(engine: Engine) -> None:
    """Run every migration that ``engine`` has not seen yet, in one transaction."""
    config, script = _steps()

    def steps(revision: Any, _: Any) -> Any:
        return script._upgrade_revs("head", revision)

    with engine.begin() as connection, EnvironmentContext(config, script, fn=steps) as environment:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        environment.configure(connection=connection, target_metadata=METADATA)
        environment.run_migrations()


def revision(engine: Engine) -> str | None:
    """Return the schema that ``engine`` has, None for an empty database."""
    with reading(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the schema of this code. Schemas count upwards, so that they can be compared as words."""
    return str(_steps()[1].get_current_head())


def _steps() -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config, ScriptDirectory.from_config(config)
