"""Hotlines and official domains: the positive list, and the only place a number may come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Literal

from pydantic import ValidationError

from knowledge_base import content
from knowledge_base.bulletin import Confidence, Strict, Text


class Contact(Strict):
    """One official channel. ``show`` is false for whatever no source confirms (confidence D)."""

    id: Text
    name: Text
    kind: Literal["hotline", "sms_sender", "website", "app", "mini_program", "bank"]
    number: str | None = None
    domain: str | None = None
    aliases: list[str] = []
    purpose: Text
    not_for: str | None = None
    how_to_verify: str | None = None
    topics: list[str] = []
    bank_names: list[str] = []
    source: str
    confidence: Confidence
    verified_on: date | None = None
    show: bool


@dataclass(frozen=True)
class Contacts:
    """All channels, looked up by id, topic, number or domain. Look-ups by meaning return only shown ones."""

    records: tuple[Contact, ...]
    fake_channels: tuple[dict[str, str], ...]
    wrong_statements: tuple[dict[str, str], ...]

    def by_id(self, contact_id: str) -> Contact:
        """Return one channel. Raises ``KeyError`` when there is none."""
        return self._ids[contact_id]

    def by_topic(self, topic: str) -> list[Contact]:
        """Return the shown channels for a topic, in the file's order."""
        return [record for record in self.records if topic in record.topics and record.show]

    def by_number(self, number: str) -> Contact | None:
        """Return the shown channel with this number (separators ignored), else None."""
        return self._numbers.get(plain_number(number))

    def by_domain(self, host: str) -> Contact | None:
        """Return the shown channel whose domain is ``host`` or a parent of it, else None."""
        labels = host.lower().rstrip(".").split(".")
        parents = (".".join(labels[at:]) for at in range(len(labels) - 1))
        return next((found for parent in parents if (found := self._domains.get(parent))), None)

    def is_official_number(self, number: str) -> bool:
        """Tell whether a number is on the list, shown or not: such numbers are never personal data."""
        return plain_number(number) in self._listed

    @cached_property
    def _ids(self) -> dict[str, Contact]:
        return {record.id: record for record in self.records}

    @cached_property
    def _numbers(self) -> dict[str, Contact]:
        return {
            plain_number(value): record
            for record in self.records
            if record.show
            for value in (record.number, *record.aliases)
            if value and plain_number(value)
        }

    @cached_property
    def _listed(self) -> frozenset[str]:
        values = (value for record in self.records for value in (record.number, *record.aliases))
        return frozenset(plain_number(value) for value in values if value)

    @cached_property
    def _domains(self) -> dict[str, Contact]:
        return {record.domain: record for record in self.records if record.show and record.domain}


def plain_number(number: str) -> str:
    """Return only digits and a leading plus sign."""
    return re.sub(r"(?!^\+)\D", "", number.strip())


@cache
def load() -> Contacts:
    """Return contacts.yml. Raises ``ContentError`` naming the record that breaks the schema."""
    path = content.ROOT / "contacts.yml"
    data = content.read(path)
    records = []
    for number, entry in enumerate(data["contacts"], 1):
        try:
            records.append(Contact.model_validate(entry))
        except ValidationError as error:
            raise content.ContentError(f"{path}: contact {number} ({entry.get('id')}): {error}") from error
    return Contacts(
        tuple(records), tuple(data.get("fake_channels", ())), tuple(data.get("wrong_statements", ()))
    )
