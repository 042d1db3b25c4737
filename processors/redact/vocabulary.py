"""Which words are common: everything capitalised that is not gets replaced (default-deny)."""

import re
from array import array
from bisect import bisect_left
from functools import cache, lru_cache
from heapq import nlargest

from spellchecker import SpellChecker

from processors.redact.familiar import FAMILIAR, GIVEN_NAMES
from schemas.base import primary_language

LANGUAGES = frozenset({"de", "en", "es", "fr", "it", "nl", "pt"})
"""Languages with a word list; in all others only English words count as common."""

_FREQUENT = 2000
_SHORTEST_PART = 4
_SHORTEST_HUMP = 2
_JOINT = re.compile(r"[-_]")
_LONGEST_WORD = 60
_CLITIC = re.compile(
    r"(?P<verb>\w{2,}(?:[aei\u00e1\u00e9\u00ed][nr]?|d|ando|iendo))(?:me|nos|te|se|l[aeo]s?)(?:l[ao]s?)?"
)
_UNSTRESSED = str.maketrans("\u00e1\u00e9\u00ed\u00f3\u00fa", "aeiou")
_HUMP = re.compile(r"(?<=[a-z\u00df-\u00ff])(?=[A-Z])")
_LINKS = ("", "s", "es", "n", "en")
_VERB_ENDINGS = ("n", "en")


def is_common(word: str, language: str) -> bool:
    """Whether a word is an ordinary one of the language or of English, and nobody's usual first name.

    Args:
        word: letters, with hyphens and apostrophes.
        language: BCP 47 tag; its primary subtag counts.
    """
    if len(word) > _LONGEST_WORD or is_given_name(word):
        return False
    return all(_known(part, language) for part in _parts(word))


def is_given_name(word: str) -> bool:
    """Whether a word is a usual first name, common word or not."""
    return _stem(word).lower() in GIVEN_NAMES


def is_frequent(word: str, language: str) -> bool:
    """Whether a word is among the most frequent ones of the language or of English, names excepted."""
    lower = _stem(word).lower()
    return lower not in GIVEN_NAMES and any(lower in _frequent(tag) for tag in _tags(language))


def _stem(word: str) -> str:
    return word.replace("\u2019", "'").removesuffix("'s").removesuffix("'S")


def _parts(word: str) -> list[str]:
    """Return what hyphens separate, and the words run together in a programmer's name (`NullPointerException`)."""
    return [part for piece in _JOINT.split(_stem(word)) if piece for part in _humps(piece)]


def _humps(piece: str) -> list[str]:
    humps = _HUMP.split(piece)
    return humps if len(humps) > 1 and all(len(hump) > _SHORTEST_HUMP for hump in humps) else [piece]


@lru_cache(maxsize=65_536)
def _known(part: str, language: str) -> bool:
    part = part.lower()
    if part in FAMILIAR or part.isdigit() or len(part) == 1:
        return True
    if part in GIVEN_NAMES:
        return False
    languages = _tags(language)
    if any(form in FAMILIAR or _contains(tag, form) for form in _forms(part) for tag in languages):
        return True
    return "de" in languages and _is_compound(part)


def _tags(language: str) -> tuple[str, ...]:
    tag = primary_language(language)
    return (tag, "en") if tag in LANGUAGES and tag != "en" else ("en",)


def _forms(part: str) -> tuple[str, ...]:
    """The word, what follows an elided article (`l'adresse`), and what precedes Spanish pronouns (`env\u00edenme`)."""
    clitic = _CLITIC.fullmatch(part)
    forms = (part, part.partition("'")[2], clitic["verb"] if clitic else "")
    return tuple(form for spelt in forms if spelt for form in (spelt, spelt.translate(_UNSTRESSED)))


def _is_compound(part: str) -> bool:
    """Whether a German word is made of two known ones."""
    cuts = range(_SHORTEST_PART, len(part) - _SHORTEST_PART + 1)
    return any(_contains("de", part[cut:]) and _is_head(part[:cut]) for cut in cuts)


def _is_head(head: str) -> bool:
    """The first part of a compound: a noun with its link (`Bestellungs-`), or a verb's stem (`Liefer-`)."""
    stems = [head.removesuffix(link) for link in _LINKS if head.endswith(link)]
    stems += [head + ending for ending in _VERB_ENDINGS]
    return any(len(stem) >= _SHORTEST_PART and _contains("de", stem) for stem in stems)


def _contains(language: str, word: str) -> bool:
    known = _hashes(language)
    wanted = hash(word)
    place = bisect_left(known, wanted)
    return place < len(known) and known[place] == wanted


def _hashes(language: str) -> "array[int]":
    """Return sorted 64-bit hashes of a language's words: an eighth of the memory that the words would take."""
    return _lists(language)[0]


def _frequent(language: str) -> frozenset[str]:
    return _lists(language)[1]


@cache
def _lists(language: str) -> "tuple[array[int], frozenset[str]]":
    frequencies = SpellChecker(language=language).word_frequency.dictionary
    frequent = nlargest(_FREQUENT, frequencies, key=frequencies.__getitem__)
    return array("q", sorted({hash(word) for word in frequencies})), frozenset(frequent)
