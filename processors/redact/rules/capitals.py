"""Default-deny: a word that is not surely an ordinary one is taken for a name."""

import re
from collections.abc import Iterator
from dataclasses import replace

from processors.redact.rules.names import UPPER
from processors.redact.rules.telling import words
from processors.redact.vocabulary.familiar import COLOURS, SPOKEN_NAMES
from processors.redact.vocabulary.standing import (
    LANGUAGES,
    Standing,
    is_common,
    is_familiar,
    is_frequent,
    is_generic,
    is_given_name,
    standing,
)
from schemas.base import primary_language
from schemas.ports import Span

_WORD = re.compile(r"(?<!\w)[^\W\d_][\w'\u2019-]*")
_FOLLOWING = re.compile(r" ([A-Z][a-z]{1,30})\b")
_INITIALS = re.compile(
    rf"(?<![\w.])(?:(?:[{UPPER}][a-z]?\.[- ]?){{1,3}}(?P<name>[{UPPER}][\w'\u2019-]{{1,40}})"
    rf"|(?P<alone>[{UPPER}]\.(?:[- ]?[{UPPER}]\.){{1,3}})(?!\w))"
)
_ABBREVIATIONS = words(
    "A.D. A.K.A. A.M. B.C. D.C. D.I.Y. D.O.B. E.G. E.U. F.A.Q. I.D. I.E. N.B. O.K. P.M. P.O. P.S. R.S.V.P. T.V. U.K. U.N. "
    "U.S. U.S.A. V.A.T."
)
_REACH = 16
_SIGNS = ".,:;!?()\"'"
_COLOURING = words("color colour colours in shade")
_NAMING = words(
    "am aunt auntie boss boyfriend brother call called cousin dad daughter dear met friend girlfriend hello hey hi "
    "husband i'm im it's its mom mr mrs ms mum named neighbour neighbor ring sister son spoke tell thanks told uncle wife "
    "asked"
)
_NUMERAL = re.compile(r"[IVXLC]{1,6}")
_BLANKS = " \t\u00a0"
_OPENING = "\"'\u201c\u201e\u2018\u201a\u00ab\u00bb(["
_ENDS_SENTENCE = ".!?;\u2026\n>|\u2022*-\u2013\u2014"
_LONGEST_ABBREVIATION = 3
_SHORTEST_SMALL = 3


def find(text: str, language: str) -> Iterator[Span]:
    """Yield what may name somebody.

    Capitalised words go unless they are surely ordinary; doubtful ones stay at the beginning of a sentence. In
    English, words in lower case go too if people hardly ever write them so, or if nobody knows them.
    """
    language = primary_language(language)
    if "." in text:
        yield from _initials(text, language)
    for match in _WORD.finditer(text):
        found = standing(match[0], language)
        if found is not Standing.ORDINARY and _names(text, match, found, language):
            word = _stripped(match[0])
            yield Span(_with_hash(text, match.start()), match.start() + len(word), "NAME", 0.3)


def _initials(text: str, language: str) -> Iterator[Span]:
    """Yield initials that stand for a name or before one; a single letter may end a sentence as well (`plan B. Then`)."""
    for match in _INITIALS.finditer(text):
        name, alone = match["name"], match["alone"]
        if (
            standing(name, language) < Standing.ORDINARY
            if name
            else alone.replace(" ", "") not in _ABBREVIATIONS
        ):
            yield Span(match.start(), match.end(), "NAME", 0.3)


def _names(text: str, match: re.Match[str], found: Standing, language: str) -> bool:
    word = _stripped(match[0])
    if len(word) <= 1:
        return False
    if word == word.lower():
        return _is_foreign(word, language) if found is Standing.NAME else _is_spoken_to(text, match, language)
    if found is not Standing.EITHER:
        return not _NUMERAL.fullmatch(word)
    return language == "en" and not (
        word.isupper()
        or (word.lower() in COLOURS and _before(text, match.start()) in _COLOURING)
        or _begins(text, match.start())
        or _leads(text, match.end(), language)
    )


def _is_foreign(word: str, language: str) -> bool:
    """Whether an unknown word that has no capital is no word of this language."""
    if language == "en":
        return (len(word) >= _SHORTEST_SMALL or word == word.upper()) and not any(map(str.isdigit, word))
    return language in LANGUAGES and word == word.upper()


def _is_spoken_to(text: str, match: re.Match[str], language: str) -> bool:
    """Whether a name that is a word too stands in lower case where somebody is named (`its mark`, `ask for bill`)."""
    return language == "en" and match[0] in SPOKEN_NAMES and _before(text, match.start()) in _NAMING


def _before(text: str, start: int) -> str:
    """Return the word before a place, in lower case and without its signs."""
    before = text[max(0, start - _REACH) : start].split()
    return before[-1].strip(_SIGNS).lower().replace("\u2019", "'") if before else ""


def _begins(text: str, start: int) -> bool:
    """Whether a sentence, a line or an item begins here, so that any word would be capitalised."""
    before = text[max(0, start - 8) : start].rstrip(_BLANKS).rstrip(_OPENING).rstrip(_BLANKS)
    if not before:
        return start <= 8  # noqa: PLR2004 - else eight blanks and brackets, as if nothing stood before
    if before[-1] != ".":
        return before[-1] in _ENDS_SENTENCE
    last = re.split(r"\W", before[:-1])[-1]
    return not 0 < len(last) <= _LONGEST_ABBREVIATION or last.islower()


def _leads(text: str, end: int, language: str) -> bool:
    """Whether a capitalised ordinary word follows, so that this one is capitalised as the phrase is (`King Size`)."""
    following = _FOLLOWING.match(text, end)
    return following is not None and standing(following[1], language) is Standing.ORDINARY


def _with_hash(text: str, start: int) -> int:
    """A tag's sign is part of it, even if a blank slipped in between."""
    if text[max(0, start - 1) : start] == "#":
        return start - 1
    return start - 2 if start > 1 and text[start - 2 : start] == "# " else start


def tightened(text: str, span: Span, language: str) -> Span | None:
    """Return what a model took for a name without the ordinary words at its ends, or None if nothing is left.

    The model knows English, so there it is believed about capitalised words; elsewhere only about uncommon ones. Of an
    organisation some word must be more than ordinary: the court and the government are nobody's employer.
    """
    found = list(_WORD.finditer(text, span.start, span.end))
    if span.entity == "ORGANIZATION" and all(
        standing(match[0], language) is Standing.ORDINARY for match in found
    ):
        return None
    naming = [match for match in found if _may_name(match[0], span.entity, language)]
    if not naming:
        return None
    last = naming[-1] if span.entity != "PERSON" else _surname(found, naming[-1], language)
    entity = "PERSON" if is_given_name(naming[0][0]) else span.entity
    return replace(span, start=naming[0].start(), end=last.start() + len(_stripped(last[0])), entity=entity)


def _surname(found: list[re.Match[str]], last: re.Match[str], language: str) -> re.Match[str]:
    """Return the last of the capitalised words after a person's first name: in English surnames are words, too."""
    for match in found[found.index(last) + 1 :]:
        if language != "en" or is_familiar(match[0]) or not _is_capitalised(match[0]):
            break
        last = match
    return last


def _may_name(word: str, entity: str, language: str) -> bool:
    if is_familiar(word):
        return False
    if language == "en" and _is_capitalised(word):
        return not is_frequent(word, language) or (entity == "LOCATION" and is_generic(word))
    return (language == "en" or _is_capitalised(word)) and not is_common(word, language)


def _stripped(word: str) -> str:
    return word.rstrip("'\u2019-").removesuffix("'s").removesuffix("\u2019s")


def names_nobody(text: str, language: str) -> bool:
    """Whether all words of a stretch of text are common ones of the language."""
    return all(is_common(match[0], language) for match in _WORD.finditer(text))


def _is_capitalised(word: str) -> bool:
    return any(character.isupper() for character in word) and len(word) > 1
