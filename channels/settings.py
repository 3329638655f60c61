"""The gateway's settings: environment variables with the prefix FANZHA_, a ``.env`` file read too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "FANZHA_"
# A host as it stands in a policy of browsers: no user, no wildcard, nothing that could end the policy's line.
ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:(?P<port>[0-9]{1,5}))?")


class SettingsError(Exception):
    """A setting cannot be used; the message names the variable, never its value (it may be a secret)."""


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http(s) address")
    return value.rstrip("/")


def _origins(value: str) -> str:
    """Return the comma-separated origins in their one form: lower case, no path, no default port."""
    return ",".join(_origin(one.strip()) for one in value.split(",") if one.strip())


def _origin(value: str) -> str:
    found = ORIGIN.fullmatch(value.lower().rstrip("/"))
    if found is None or int(found["port"] or 1) not in range(1, 65536):
        raise ValueError("must be a list of addresses such as https://www.school.example, without a path")
    loopback = found["host"] in {"localhost", "127.0.0.1"}
    if found["scheme"] == "http" and not loopback:
        raise ValueError("must begin with https, save for this machine itself")
    default = "443" if found["scheme"] == "https" else "80"
    port = "" if found["port"] in {None, default} else f":{found['port']}"
    return f"{found['scheme']}://{found['host']}{port}"


def _proxy(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https", "socks5", "socks5h"} or not parts.hostname):
        raise ValueError("must be an address of a proxy: http://…, https://… or socks5://…")
    return value


def _http_urls(value: str) -> str:
    return ",".join(_http_url(one.strip()) for one in value.split(",") if one.strip())


HttpUrls = Annotated[str, AfterValidator(_http_urls)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Proxy = Annotated[str, AfterValidator(_proxy)]
Origins = Annotated[str, AfterValidator(_origins)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Settings(BaseSettings):
    """Frozen settings, each explained in ``.env.example``. Limits of 0 are switched off."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Path(".var")
    database_url: str = ""
    redis_url: str = ""
    encoder: str = "builtin"
    rasa_url: HttpUrls = ""
    rasa_workers: int = Field(default=1, ge=1, le=16)
    actions_url: HttpUrl = "http://127.0.0.1:5055/webhook"
    public_base_url: HttpUrl = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    log_json: bool = False
    rasa_port: int = Field(default=5005, ge=1, le=65535)
    actions_port: int = Field(default=5055, ge=1, le=65535)
    campaigns_host: str = "127.0.0.1"
    campaigns_port: int = Field(default=5056, ge=1, le=65535)
    campaigns_url: HttpUrl = "http://127.0.0.1:5056"
    schools_file: str = ""
    dialogue_timeout_seconds: float = Field(default=3.5, gt=0, le=30)
    vault_key: str = Field(default="", repr=False)
    vault_ttl_hours: float = Field(default=72, gt=0, le=24 * 90)
    pictures_at_once: int = Field(default=1, ge=1, le=16)
    pictures_waiting: int = Field(default=8, ge=0, le=1000)
    picture_threads: int = Field(default=1, ge=1, le=16)
    picture_seconds: float = Field(default=12, gt=0, le=120)
    burst_seconds: float = Field(default=0.8, ge=0, le=10)
    keep_messages_hours: float = Field(default=72, ge=72, le=24 * 90)
    keep_people_days: float = Field(default=90, ge=4, le=730)
    operators: str = Field(default="", repr=False)
    campaign_operators: str = Field(default="", repr=False)
    operator_token: str = Field(default="", repr=False)
    widget_origins: Origins = ""
    rate_per_minute: Count = 20
    rate_per_day: Count = 200
    rate_ip_per_minute: Count = 300
    rate_ip_per_day: Count = 10_000
    wechat_app_id: str = ""
    wechat_app_secret: str = Field(default="", repr=False)
    wechat_token: str = Field(default="", repr=False)
    wechat_aes_key: str = Field(default="", repr=False)
    wechat_api_base: HttpUrl = "https://api.weixin.qq.com"
    wechat_plain: bool = False
    wechat_account: Literal["service", "subscription", "unverified"] = "service"
    wechat_notice_template: str = ""
    wechat_notice_fields: str = "thing1=notice,time2=date"
    wechat_notice_page: str = ""
    wechat_to_all: bool = False
    wecom_corp_id: str = ""
    wecom_agent_id: int = Field(default=0, ge=0)
    wecom_secret: str = Field(default="", repr=False)
    wecom_token: str = Field(default="", repr=False)
    wecom_aes_key: str = Field(default="", repr=False)
    wecom_api_base: HttpUrl = "https://qyapi.weixin.qq.com"
    dingtalk_app_key: str = ""
    dingtalk_app_secret: str = Field(default="", repr=False)
    dingtalk_robot_code: str = ""
    dingtalk_api_base: HttpUrl = "https://api.dingtalk.com"
    dingtalk_webhook_base: HttpUrl = "https://oapi.dingtalk.com"
    robots: str = Field(default="", repr=False)
    telegram_token: str = Field(default="", repr=False)
    telegram_secret: str = Field(default="", repr=False)
    telegram_api_base: HttpUrl = "https://api.telegram.org"
    telegram_proxy: Proxy = Field(default="", repr=False)

    @property
    def dialogue_engines(self) -> tuple[tuple[str, ...], ...]:
        """Return each dialogue engine's addresses: as given, else on this machine.

        There each has two, ``rasa_workers`` ports apart: the second is for whoever takes its place.
        """
        if self.rasa_url:
            return tuple((one,) for one in self.rasa_url.split(","))
        ports = range(self.rasa_port, self.rasa_port + self.rasa_workers)
        return tuple(
            tuple(f"http://127.0.0.1:{one}" for one in (port, port + self.rasa_workers)) for port in ports
        )


def load_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Return the settings of this process. Raises ``SettingsError`` naming the first variable at fault."""
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg]  # known to pydantic-settings only
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name}: {first['msg']}") from None
