"""Default-deny for words that no model was shown, because their text has more of them than prose has."""

import re
from collections.abc import Iterator

from processors.redact.vocabulary.standing import is_common, is_frequent
from schemas.ports import Span

_WORD = re.compile(r"[^\W\d_]{2,}")


def suspected(text: str, start: int, language: str) -> Iterator[Span]:
    """Yield, from a place on, every word that is uncommon, and every capitalised one that is not frequent."""
    for match in _WORD.finditer(text, start):
        word = match[0]
        kept = is_common(word, language) if word.islower() else is_frequent(word, language)
        if not kept:
            yield Span(match.start(), match.end(), "NAME", 0.2)
