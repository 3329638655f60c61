"""Bring the database to the newest schema. Runs at every start; does nothing when there is nothing to do.

A new step is a new file in ``migrations/versions`` (``revision``, ``down_revision``, ``upgrade``) together
with the change in ``tables.py``; a test compares the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from storage.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x66616E7A  # any fixed number: two processes starting together on PostgreSQL take turns


def upgrade(engine: Engine) -> None:
    """Run every migration that ``engine`` has not seen yet, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, _: Any) -> Any:
        return script._upgrade_revs("head", revision)

    with engine.begin() as connection, EnvironmentContext(config, script, fn=steps) as environment:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        environment.configure(connection=connection, target_metadata=metadata)
        environment.run_migrations()
