"""Whether words are quoted verbatim: the same but for spacing, letter case and the look of quotation marks."""

import re
import unicodedata
from dataclasses import dataclass

from processors.redact.placeholders import PATTERN as PLACEHOLDER

MIN_WORDS = 2
MIN_LETTERS = 8
"""Shorter quotations could be found in any text."""

_ALIKE = str.maketrans(
    "\u2010\u2011\u2012\u2013\u2014\u2212\u2018\u2019\u201a\u201b\u02bc\u00b4`\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a",
    "------'''''''" + '"' * 8,
)
_MARK = re.compile(r"\[[^\[\]\n]{0,60}\]")
_BLANKED = "\x00"
_NUMBER = re.compile(r"\d+(?:[.,']\d+|[ ]\d{3}(?!\d))*")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Quotable:
    """A text to quote from, in the form in which quotations are compared.

    Attributes:
        text: what may be quoted; what may not is blanked out.
        whole: all of it.
    """

    text: str
    whole: str

    @classmethod
    def of(cls, text: str, withheld: tuple[tuple[int, int], ...] = ()) -> "Quotable":
        """Prepare a text, some stretches of which may not be quoted."""
        parts, at = [], 0
        for start, end in sorted(withheld):
            parts += [text[at : max(at, start)], f" {_BLANKED} "]
            at = max(at, end)
        return cls(normal("".join([*parts, text[at:]])), normal(text))


def normal(text: str) -> str:
    """Return the form that decides whether two wordings are the same."""
    folded = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    return " ".join(unicodedata.normalize("NFKC", folded.casefold()).split())


def fault(quote: str, source: Quotable) -> str:
    """Return what is wrong with a quotation, as a code; empty if it is sound.

    It must say something besides the marks of what was redacted, and begin and end between words: of 60 EUR nobody may
    quote 0 EUR.
    """
    if PLACEHOLDER.search(quote) or not _says_something(_MARK.sub(" ", PLACEHOLDER.sub(" ", quote))):
        return "quote_says_nothing"
    wanted = normal(quote)
    if _stands_in(wanted, source.text):
        return ""
    return "quote_of_neutralised_text" if _stands_in(wanted, source.whole) else "quote_not_in_chunk"


def _says_something(quote: str) -> bool:
    words = re.findall(r"\w+", quote)
    long_enough = sum(map(len, words)) >= MIN_LETTERS and len(words) >= MIN_WORDS
    return long_enough or len(_UNSPACED.findall(quote)) >= MIN_LETTERS


def _stands_in(quote: str, text: str) -> bool:
    at = text.find(quote)
    while at >= 0:
        if _is_break(text, at) and _is_break(text, at + len(quote)):
            return True
        at = text.find(quote, at + 1)
    return False


def _is_break(text: str, at: int) -> bool:
    """Whether no word and no number goes on across this place."""
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if _UNSPACED.match(before) or _UNSPACED.match(after):
        return True
    if before.isalnum() and after.isalnum():
        return False
    return not any(
        match.start() < at < match.end() for match in _NUMBER.finditer(text, max(0, at - 12), at + 12)
    )
