"""The bodies of requests, read strictly."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from campaigns.document import Audience, Campaign, Route, parse, parse_json
from campaigns.office.refusals import refusing
from campaigns.store import MOST_NOTE
from channels.base import Refuse
from channels.requests import M, read
from channels.routes.documented import without_refs

JSON = "application/json"
YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ShippedBody(_Body):
    """Which ready campaign, and for which year (none: the next that it can be in)."""

    id: str = Field(max_length=48)
    year: int | None = Field(default=None, ge=2004, le=2099)


class FlashBody(_Body):
    """A flash warning: the bulletin, one plain sentence of what is new or near by, to whom, which group robots."""

    model_config = ConfigDict(extra="forbid", strict=False)
    bulletin: str = Field(max_length=100)
    line: str = Field(max_length=1000)
    audience: Audience
    robots: list[str] = Field(default=[], max_length=50)


class ApproveBody(_Body):
    """``digest``: of the text that was looked at; ``everyone``: yes, all who subscribed are meant."""

    digest: str = Field(max_length=64)
    everyone: bool = False


class ReasonBody(_Body):
    """Why it is given back."""

    reason: str = Field(max_length=MOST_NOTE)


class NoteBody(_Body):
    """Something for the next time."""

    note: str = Field(max_length=MOST_NOTE)


class PreviewBody(_Body):
    """Where a message goes to be looked at: one's own id on the platform, or a robot of a group of one's own."""

    model_config = ConfigDict(extra="forbid", strict=False)
    route: Route
    to: str = Field(max_length=200)
    variant: str = Field(default="a", max_length=1)


async def read_body(model: type[M], request: Request) -> M:
    """Return the body. Raises ``Refuse``."""
    return read(model, request.headers, await request.body())


async def read_document(request: Request) -> Campaign:
    """Return the document of a YAML or JSON body. Raises ``Refuse`` and ``Refusal``."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON and kind not in YAML:
        raise Refuse("content_type_wrong_document", 415)
    try:
        text = (await request.body()).decode("utf-8")
    except UnicodeDecodeError:
        raise Refuse("body_not_utf8", 400) from None
    with refusing():
        return parse_json(text) if kind == JSON else parse(text)


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the documentation of a JSON body."""
    return {"required": True, "content": {JSON: {"schema": without_refs(model.model_json_schema())}}}


def document_body() -> dict[str, Any]:
    """Return the documentation of a document's body; its fields are described in docs/campaigns.md."""
    needed = [name for name, field in Campaign.model_fields.items() if field.is_required()]
    schema = {"type": "object", "required": needed, "description": Campaign.__doc__}
    return {
        "required": True,
        "content": {JSON: {"schema": schema}, "application/yaml": {"schema": {"type": "string"}}},
    }
