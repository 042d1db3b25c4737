"""What else speaks for or against a passage: its language, its age, and how little it says in particular."""

from collections.abc import Mapping
from datetime import datetime

from schemas.base import primary_language
from schemas.retrieval import IndexEntry

OTHER_LANGUAGE = 0.8
GENERALITY = 0.3
"""The most that a passage loses which resembles everything."""

_SECONDS_A_DAY = 86_400.0


def weight(entry: IndexEntry, language: str, half_life_days: Mapping[str, float], now: datetime) -> float:
    """Return the factor of a passage's score, above 0 and at most 1."""
    return (
        _of_language(entry, language)
        * _of_age(age_days(entry, now), half_life_days.get(entry.head.document_type))
        * (1 - GENERALITY * entry.generality)
    )


def age_days(entry: IndexEntry, now: datetime) -> float:
    """Return how long a document has been valid or, if it does not say, published; 0 if it is not yet."""
    since = entry.head.valid_from or entry.published_at
    return max(0.0, (now - since).total_seconds() / _SECONDS_A_DAY)


def _of_language(entry: IndexEntry, language: str) -> float:
    same = not language or primary_language(entry.head.language) == primary_language(language)
    return 1.0 if same else OTHER_LANGUAGE


def _of_age(days: float, half_life: float | None) -> float:
    return 0.5 ** (days / half_life) if half_life else 1.0
