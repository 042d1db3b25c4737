"""Default-deny: a capitalised word that is not a common one is taken for a name."""

import re
from collections.abc import Iterator
from dataclasses import replace

from processors.redact.familiar import FAMILIAR
from processors.redact.vocabulary import is_common
from schemas.ports import Span

_WORD = re.compile(r"(?<!\w)[^\W\d_][\w'\u2019-]*")


def find(text: str, language: str) -> Iterator[Span]:
    """Yield capitalised words that neither the language's nor the English vocabulary knows.

    The first word of a sentence is treated as any other: a common one stays, an unknown one goes. First names go
    wherever they are capitalised.
    """
    for match in _WORD.finditer(text):
        word = _stripped(match[0])
        if _is_capitalised(word) and not is_common(word, language):
            yield Span(match.start(), match.start() + len(word), "NAME", 0.3)


def tightened(text: str, span: Span, language: str) -> Span | None:
    """Return what a model took for a name without the ordinary words at its ends, or None if nothing is left.

    The model knows English, so there it is believed about capitalised words; elsewhere only about uncommon ones.
    """
    words = [match for match in _WORD.finditer(text, span.start, span.end) if _may_name(match[0], language)]
    if not words:
        return None
    end = words[-1].end()
    return replace(span, start=words[0].start(), end=end - len(words[-1][0]) + len(_stripped(words[-1][0])))


def _may_name(word: str, language: str) -> bool:
    if word.lower() in FAMILIAR:
        return False
    if language == "en":
        return _is_capitalised(word) or not is_common(word, language)
    return _is_capitalised(word) and not is_common(word, language)


def _stripped(word: str) -> str:
    return word.rstrip("'\u2019-").removesuffix("'s").removesuffix("\u2019s")


def names_nobody(text: str, language: str) -> bool:
    """Whether all words of a stretch of text are common ones of the language."""
    words = [match[0] for match in _WORD.finditer(text)]
    return all(is_common(word, language) for word in words)


def _is_capitalised(word: str) -> bool:
    return any(character.isupper() for character in word) and len(word) > 1
