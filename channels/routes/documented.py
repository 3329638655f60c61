"""Pieces of the OpenAPI page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from channels.answers import ErrorAnswer
from channels.base import JsonObject


def body_of(schema: JsonObject, kind: str = "application/json") -> dict[str, Any]:
    """Return the documentation of a body; the body itself is read strictly by ``channels.requests`` or ``forms``."""
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}}


def parameters_of(path: str, choices: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the documentation of the numbers in ``path`` and of the query's ``choices``, the default first."""
    parts: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    for name, values in choices.items():
        schema = {"type": "string", "enum": [str(value) for value in values], "default": str(values[0])}
        parts.append({"name": name, "in": "query", "schema": schema})
    return {"parameters": parts}


def answer_of(schema: JsonObject) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of a 200 answer."""
    return {200: {"content": {"application/json": {"schema": without_refs(dict(schema))}}}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of refusals."""
    return {status: {"model": ErrorAnswer} for status in statuses}


def without_refs(schema: dict[str, Any]) -> dict[str, Any]:
    """Put ``$defs`` in place: inside OpenAPI a local reference would point nowhere."""
    definitions = schema.pop("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return walk(definitions[node["$ref"].rsplit("/", 1)[-1]])
            return {key: walk(value) for key, value in node.items()}
        return [walk(item) for item in node] if isinstance(node, list) else node

    result: dict[str, Any] = walk(schema)
    return result


def for_swagger_4(schema: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI 3.1 description as 3.0, for the bundled viewer; only "or null" differs here."""

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        choices = node.get("anyOf", [])
        others = [choice for choice in choices if choice != {"type": "null"}]
        if len(others) < len(choices):
            rest = {key: value for key, value in node.items() if key != "anyOf"}
            return walk({**rest, **(others[0] if len(others) == 1 else {"anyOf": others}), "nullable": True})
        return {key: walk(value) for key, value in node.items()}

    return {**walk(schema), "openapi": "3.0.3"}
