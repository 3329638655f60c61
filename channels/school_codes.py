"""The codes of the schools that take part in this deployment."""

from __future__ import annotations

from pathlib import Path

from bot import schools
from bot.settings import SettingsError as SchoolsError
from channels.settings import Settings, SettingsError


def known_schools(settings: Settings) -> frozenset[str]:
    """Return the codes in ``FANZHA_SCHOOLS_FILE``, none without a file. Raises ``SettingsError``."""
    try:
        return frozenset(schools.read(Path(settings.schools_file)) if settings.schools_file else ())
    except SchoolsError as error:
        raise SettingsError(str(error)) from error
