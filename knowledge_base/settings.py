"""Settings of the knowledge room, read from the environment (prefix FANZHA_)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class KnowledgeSettings(BaseSettings):
    """``encoder``: "builtin", a local folder or a hub id; ``data_dir``: where the index is kept."""

    model_config = SettingsConfigDict(env_prefix="FANZHA_", env_file=".env", extra="ignore", frozen=True)

    encoder: str = "builtin"
    data_dir: Path = Path(".var")
    # One thread: on two cores four BLAS threads turn a 4 ms query into 170 ms (design.md section 2).
    encoder_threads: int = Field(default=1, ge=1, le=64)
