"""How far a model is believed about names in a language other than English.

Of what it names, the capitalised words count that are not among the language's most frequent ones. Word lists hold
surnames and towns as well, so the mere fact that a word is listed says nothing against a model.
"""

import re
from dataclasses import replace

from processors.redact.vocabulary.standing import is_common, is_familiar, is_frequent
from schemas.ports import Span

_WORD = re.compile(r"(?<!\w)[^\W\d_][\w'\u2019-]*[^\W_]")
_BEGINNING = re.compile(r"(?:^|[.!?:\n\u00bf\u00a1\"\u201c\u00ab])\s*$")
_REACH = 8
_CAPITALISING = frozenset({"de", "lb"})
"""Languages that capitalise every noun, so that a capital tells a name only beside another."""


def believed(text: str, span: Span, language: str) -> Span | None:
    """Return what a model took for a name without the ordinary words at its ends, or None if nothing is left."""
    found = [match for match in _WORD.finditer(text, span.start, span.end) if _may_name(match[0], language)]
    if not found:
        return None
    if len(found) == 1 and is_common(found[0][0], language):
        begins = _BEGINNING.search(text, max(0, found[0].start() - _REACH), found[0].start())
        if begins or language in _CAPITALISING:
            return None
    return replace(span, start=found[0].start(), end=found[-1].end())


def _may_name(word: str, language: str) -> bool:
    return word != word.lower() and not is_familiar(word) and not is_frequent(word, language)
