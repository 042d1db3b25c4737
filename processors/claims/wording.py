"""Sentences and the words that carry their sense, to find the sentence that a statement comes from."""

import re

from processors.claims.numerals import value_of
from processors.redact.placeholders import PATTERN as PLACEHOLDER

_SENTENCE_END = re.compile(
    r"(?<=[.!?\u2026])\s+(?=[^a-z\s])|\n[ \t]*\n|\n(?=[ \t]*(?:[-*+|#>\u2022]|\d{1,2}[.)]))"
)
_REDACTED = re.compile(r"\[[A-Z][A-Z_]*(?: \d+)?\]")
_WORD = re.compile(r"[^\W\d_]{3,}|\d+(?:[.,]\d+)*")
_ENDINGS = ("ings", "ing", "edly", "ed", "ies", "es", "en", "er", "s", "e", "n", "y")
_SHORTEST_STEM = 3
_NEGATION = re.compile(
    r"(?<!\w)(?:not|no|never|none|cannot|neither|nor|nicht|kein\w*|nie|niemals|pas|jamais|aucun\w*|nunca|ning\w*)(?!\w)|n['\u2019]t(?!\w)",
    re.IGNORECASE,
)

_COMMON_WORDS = """
the and for with that this these those have has had are was were been being will would shall should can could
may might must not but you your yours our ours their its his her they them from into onto about than then when
where which who what how why there here also very just only please thank thanks hello dear sorry happy help
yes does did doing done any some all each both more most other such one contact let know feel free further
question questions asking answer reply customer customers welcome glad hope regards sincerely best
der die das den dem des ein eine einen einem einer und oder mit von bei sie ihr ihre ihren ist sind war hat haben
wird werden kann auf aus für nicht auch nur bitte danke vielen dank frage hallo gern
les des une aux avec pour vous votre vos est sont pas par sur dans que qui merci bonjour question
los las una unos con por para usted sus está están que del gracias hola pregunta
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""Words that say nothing about a shop's things, or are said out of courtesy."""


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part and part.strip()]


def telling(text: str) -> frozenset[str]:
    """Return the stems of a text's telling words, and its numbers."""
    words = (match[0].casefold() for match in _WORD.finditer(_REDACTED.sub(" ", PLACEHOLDER.sub(" ", text))))
    return frozenset(value_of(word) or _stem(word) for word in words if word not in _COMMON)


def negated(text: str) -> bool:
    """Whether a text denies something."""
    return bool(_NEGATION.search(text))


def _stem(word: str) -> str:
    """Take endings off until none is left, so that all forms of a word come to the same."""
    while ending := next(
        (end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= _SHORTEST_STEM), ""
    ):
        word = word[: -len(ending)]
    return word
