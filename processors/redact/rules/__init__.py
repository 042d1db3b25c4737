"""What personal data and secrets look like. Each module finds one family; every pattern is linear or bounded."""

from collections.abc import Iterator

from processors.redact.rules import addresses, companies, contacts, names, numbers, secrets
from processors.redact.rules.telling import tells
from schemas.ports import Span

VERSION = "6"
"""Raised with every change of a rule, so that what was redacted by which rules can be told."""


def find(text: str) -> Iterator[Span]:
    """Yield what every family finds; spans may overlap."""
    yield from secrets.find(text)
    told = tells(text)
    for family in (contacts, numbers, addresses, names, companies):
        yield from family.find(text, told)
