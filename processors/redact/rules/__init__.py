"""What personal data and secrets look like. Each module finds one family; every pattern is linear or bounded."""

from collections.abc import Iterator

from processors.redact.rules import addresses, contacts, names, numbers, secrets
from schemas.ports import Span

VERSION = "1"
"""Raised with every change of a rule, so that what was redacted by which rules can be told."""


def find(text: str) -> Iterator[Span]:
    """Yield what every family finds; spans may overlap."""
    for family in (secrets, contacts, numbers, addresses, names):
        yield from family.find(text)
