"""Which words are ordinary and which may name somebody: default-deny takes away what is not surely ordinary."""

import re
from array import array
from bisect import bisect_left
from enum import IntEnum
from functools import cache, lru_cache
from heapq import nlargest

from spellchecker import SpellChecker

from processors.redact.vocabulary.familiar import FAMILIAR, GENERIC, GIVEN_NAMES, WORDLIKE_NAMES
from processors.redact.vocabulary.lexicon import english
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
_CONTRACTED = re.compile(r"(?:n't|'(?:s|re|ve|ll|d|m))$")
_UNSTRESSED = str.maketrans("\u00e1\u00e9\u00ed\u00f3\u00fa", "aeiou")
_HUMP = re.compile(r"(?<=[a-z\u00df-\u00ff])(?=[A-Z])")
_LINKS = ("", "s", "es", "n", "en")
_VERB_ENDINGS = ("n", "en")
_FIRST_NAMES = GIVEN_NAMES | WORDLIKE_NAMES
_LEANINGS_OF_NAMES = (-1.0, -0.5, 0.9)


class Standing(IntEnum):
    """How surely a word is an ordinary one, by how people write it.

    Attributes:
        NAME: a name, or unknown: even in lower case it may name somebody.
        LIKELY: a name where it is capitalised.
        EITHER: a name where it is capitalised for no other reason, in mid-sentence.
        ORDINARY: a name to nobody.
    """

    NAME = 0
    LIKELY = 1
    EITHER = 2
    ORDINARY = 3


@lru_cache(maxsize=16_384)
def standing(word: str, language: str) -> Standing:
    """Return how surely a word is an ordinary one of the language or of English.

    Args:
        word: letters, with hyphens and apostrophes, capitalised or not.
        language: BCP 47 tag; its primary subtag counts.
    """
    english()  # whichever word is looked up first, so that a detector can have it read before its first request
    if len(word) > _LONGEST_WORD:
        return Standing.NAME
    if is_familiar(word):
        return Standing.ORDINARY
    return min((_standing(part.lower(), language) for part in _parts(word)), default=Standing.ORDINARY)


def is_common(word: str, language: str) -> bool:
    """Whether a word is an ordinary one of the language or of English, and nobody's usual first name."""
    return standing(word, language) >= Standing.EITHER


def is_familiar(word: str) -> bool:
    """Whether a word is one that customers capitalise without naming anybody."""
    return _stem(word).lower() in FAMILIAR


def is_generic(word: str) -> bool:
    """Whether a word stands in names of places and institutions, but alone names none."""
    return word.lower() in GENERIC


def is_given_name(word: str) -> bool:
    """Whether a word is a usual first name, common word or not."""
    return _stem(word).lower() in GIVEN_NAMES


@lru_cache(maxsize=16_384)
def is_frequent(word: str, language: str) -> bool:
    """Whether a word is among the most frequent ones of the language or of English, names excepted."""
    lower = _stem(word).lower()
    return lower not in _FIRST_NAMES and any(lower in _frequent(tag) for tag in _tags(language))


def _stem(word: str) -> str:
    if word.isalpha():
        return word
    return _CONTRACTED.sub("", word.replace("\u2019", "'").rstrip("'-"))


def _parts(word: str) -> list[str]:
    """Return what hyphens separate, and the words run together in a programmer's name (`NullPointerException`)."""
    return [part for piece in _JOINT.split(_stem(word)) if piece for part in _humps(piece)]


def _humps(piece: str) -> list[str]:
    humps = _HUMP.split(piece)
    return humps if len(humps) > 1 and all(len(hump) > _SHORTEST_HUMP for hump in humps) else [piece]


def _standing(part: str, language: str) -> Standing:
    """The standing of a word in lower case that has no hyphen."""
    if part in FAMILIAR or part in GENERIC or part.isdigit() or len(part) == 1:
        return Standing.ORDINARY
    if part in GIVEN_NAMES:
        return Standing.LIKELY if (english().leaning(part) or -1) > 0 else Standing.NAME
    return max(_in_english(part), _in_list(part, primary_language(language)))


def _in_english(part: str) -> Standing:
    leaning = english().leaning(part)
    if leaning is None:
        return Standing.NAME
    found = Standing(sum(leaning > least for least in _LEANINGS_OF_NAMES))
    return min(found, Standing.EITHER) if part in WORDLIKE_NAMES else found


def _in_list(part: str, language: str) -> Standing:
    """Word lists of other languages do not tell names apart."""
    if language == "en" or language not in LANGUAGES:
        return Standing.NAME
    known = any(form in FAMILIAR or _contains(language, form) for form in _forms(part))
    return Standing.ORDINARY if known or (language == "de" and _is_compound(part)) else Standing.NAME


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
    return english().frequent if language == "en" else _lists(language)[1]


@cache
def _lists(language: str) -> "tuple[array[int], frozenset[str]]":
    frequencies = SpellChecker(language=language).word_frequency.dictionary
    frequent = nlargest(_FREQUENT, frequencies, key=frequencies.__getitem__)
    return array("q", sorted({hash(word) for word in frequencies})), frozenset(frequent)
