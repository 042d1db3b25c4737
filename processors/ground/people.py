"""People named in published knowledge: by usual names, titles, roles, and the addresses beside them.

What is written for readers names articles, places and firms on every line, capitalised like people. So a name needs
something that speaks for it; a model's guess alone does in English only, where it was trained, for two strange words.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from processors.ground.first_names import SURNAMES, is_first
from processors.redact.rules import addresses, names
from processors.redact.rules.names import TITLES, UNSURE, UPPER
from processors.redact.vocabulary.familiar import GIVEN_NAMES, WORDLIKE_NAMES
from processors.redact.vocabulary.lexicon import english
from processors.redact.vocabulary.standing import Standing, is_familiar, is_frequent, standing
from schemas.base import DEFAULT_LANGUAGE, primary_language
from schemas.ports import Span

_ROLES = (
    r"contact person|(?:team|shift|project) (?:lead|leader|manager)|manager|supervisor|colleagues?|technician|author|"
    r"agent|customer|caller|fitter|engineer|officer|owner|daughter|son|wife|husband|mother|father|brother|sister|assistant|deputy|neighbou?r|account holder|in the name of|on behalf of|"
    r"ansprechpartner(?:in)?|leiter(?:in)?|leitung|kolleg(?:e|en|in)|kund(?:e|in)|anrufer(?:in)?|monteur(?:in)?|tochter|sohn|ehefrau|ehemann|bruder|schwester|techniker(?:in)?|sachbearbeiter(?:in)?|"
    r"vertretung|kontoinhaber(?:in)?|inhaber(?:in)?|autor(?:in)?|beauftragte[rn]?|nachbar(?:in|n)?|"
    r"responsable|coll\u00e8gue|technicien(?:ne)?|auteur|autrice|titulaire|cliente?|monteur|fille|fils|\u00e9pouse|fr\u00e8re|s\u0153ur|interlocut(?:eur|rice)|voisine?|au nom d[eu]|"
    r"encargad[oa]|compa\u00f1er[oa]|t\u00e9cnic[oa]|autora?|titular|client[ea]|montador(?:a)?|hij[oa]|esposa|marido|herman[oa]|vecin[oa]|a nombre de"
)
_ADDRESSED = (
    r"contact|ask for|call|names? as|questions (?:go |are )?to|fragen (?:gehen )?an|wenden sie sich an|kontakt|adressez-vous \u00e0|"
    r"\u00e9crire \u00e0|contacto|dir\u00edjase a"
)
_DONE_BY = (
    r"(?:written|reviewed|approved|reported|signed|handled|checked|prepared|done|answered|maintained|edited|translated|"
    r"drafted|founded|led|run|headed|raised|opened|closed|told|provided) by|thanks to|together with|"
    r"(?:gemeldet|gepr\u00fcft|erstellt|genehmigt|verfasst|freigegeben|bearbeitet|unterschrieben|\u00fcbersetzt) (?:von|durch)|"
    r"(?:\u00e9crit|relu|valid\u00e9|signal\u00e9|sign\u00e9|approuv\u00e9|trait\u00e9|r\u00e9dig\u00e9|traduit|fond\u00e9|dirig\u00e9|fait|faites)e?s? par|merci \u00e0|"
    r"(?:escrit|revisad|aprobad|comunicad|firmad|tramitad|redactad|traducid|fundad|dirigid)[oa]s? por|gracias a"
)
_CAPITAL = rf"[{UPPER}\u0130][\w'\u2019-]{{1,40}}"
_PARTICLE = (
    r"(?:van der|van den|van|von der|von|zu|de la|de los|de|del|di|da|dos|du|le|la|el|al|bin|ibn|[A-Z]\.)"
)
_RUN = re.compile(rf"(?<![\w'\u2019-]){_CAPITAL}(?:[ \u00a0](?:{_PARTICLE}[ \u00a0])?{_CAPITAL}){{0,5}}")
_WORD = re.compile(_CAPITAL)
_ROLE = re.compile(rf"(?i:(?<!\w)(?:{_ROLES})(?: (?:is|are|ist|sind|est|es))?)[ ]?[:,]?[ \u00a0]{{1,2}}$")
_TO = re.compile(rf"(?i:(?<!\w)(?:{_ADDRESSED}))[ ]?:?[ \u00a0]{{1,2}}$")
_COMPARED = re.compile(r" (?:and others )?v\.?s?\.? ")
_LABELLED = re.compile(r"(?i:(?:name|nom|nombre|from):)[ \t]{1,3}$")
_BY = re.compile(rf"(?i:(?<!\w)(?:{_DONE_BY}))[ \u00a0]$")
_BEFORE_ONE = re.compile(
    r"(?i:(?<!\w)(?:by|to|with|from|for|ask|asked|tell|told|called|and|or|says|said|hi|dear|von|an|mit|bei|und|oder|durch|"
    r"sagt|sagte|fragen sie|\u00e0|par|avec|et|pour|dit|a|con|por|y|para|dice|pregunte a))[ \u00a0]$|(?:^|[.!?\n:,;\u201c\"\u00ab(\u2013-])\s*$"
)
_LOCAL = re.compile(r"[^\W\d_]{3,}")
_FOLLOWED = re.compile(r"[ \t]?[.,;:(|\u2013-]{0,2}[ \t]{0,2}(?:[^\W\d_][\w.-]{0,16}[ :.|,]{1,3}){0,3}\(?")
_CONTACTS = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER"})
_SHORTEST_SHOUTED = 3
_NEXT = re.compile(r"[ \u00a0]([^\W\d_]+)")
_REACH, _MOST_WORDS = 64, 4
_AS_NAME = -1.0
"""Logarithm of how much oftener a word that names somebody is in lower case than capitalised, at most."""


Words = Sequence[re.Match[str]]


def find(text: str, language: str, found: Sequence[Span]) -> Iterator[Span]:
    """Yield persons for whom something in the text speaks, whether a detector found them or not.

    Args:
        found: by a detector; only addresses and telephone numbers count.
    """
    for span in names.find(text):
        if span.entity == "PERSON" and span.score > UNSURE and _is_told(text, span):
            yield span
    spoken = {part.lower() for span in found for part in _local_part(text, span)}
    contacts = [span.start for span in found if span.entity in _CONTACTS]
    contacts += [span.start for span in addresses.find(text) if " " in text[span.start : span.end]]
    contacts.sort()
    for run in _RUN.finditer(text):
        words = [*_WORD.finditer(text, *run.span())]
        yield from _called(words, language)
        yield from _written_to(words, spoken, language)
        if _is_reached(text, words, contacts):
            yield _person(words[0].start(), words[-1].end())
        yield from _in_part(text, words, language)


def is_named(text: str, span: Span, language: str, headings: str) -> bool:
    """Whether a model's guess at a person is to be believed.

    Args:
        headings: what stands above the text; a single word that is there is an article's name. Empty for a heading.
    """
    words = [*_WORD.finditer(text, span.start, span.end)]
    if len(words) != 1:
        known = bool(headings) and words and is_first(words[0][0]) and words[0][0] not in headings
        return (known and _may_be_surname(words[1][0], language)) or _is_full_name(words, language)
    return bool(headings) and _is_alone(text, words[0], headings, language)


def _may_be_surname(word: str, language: str) -> bool:
    """Whether any capitalised word may be one behind a first name: not where all nouns are capitalised."""
    return primary_language(language) != "de" and not (word.isupper() or is_familiar(word))


def _is_full_name(words: Words, language: str) -> bool:
    """The English model guesses in other languages, too; there the first word must be one that English writes so as a name."""
    if not 1 < len(words) <= _MOST_WORDS:
        return False
    first, second = words[0][0], words[1][0]
    if primary_language(language) != DEFAULT_LANGUAGE:
        return _is_written_as_name(words, language) and all(
            _is_strange(word[0], DEFAULT_LANGUAGE) for word in words
        )
    if not all(_may_be_part(word[0], language) for word in words):
        return False
    return _is_strange(first, language) or (first.lower() in WORDLIKE_NAMES and _is_strange(second, language))


def _is_written_as_name(words: Words, language: str) -> bool:
    """Whether English knows the first word as a name; German, which writes every noun so, must not know all of them."""
    known = english().leaning(words[0][0].lower())
    listed = primary_language(language) == "de" and not any(_is_strange(word[0], language) for word in words)
    return known is not None and known < _AS_NAME and not listed


def _is_alone(text: str, word: re.Match[str], headings: str, language: str) -> bool:
    """Whether a usual first name stands where a person would be, and not before or after a word for a thing."""
    before = _before(text, word.start())
    if _is_strange(word[0], DEFAULT_LANGUAGE) and word[0] not in headings and _TO.search(before):
        return True
    if not is_first(word[0]) or word[0] in headings:
        return False
    following = _NEXT.match(text, word.end())
    if following and not is_frequent(following[1], language):
        return False
    return _BEFORE_ONE.search(before) is not None


def _called(words: Words, language: str) -> Iterator[Span]:
    """Yield a usual first name with what follows it, and a usual last name with a strange word before it."""
    for place, word in enumerate(words[:-1]):
        following = words[place + 1]
        if _starts_name(word[0], following[0], language):
            last = words[min(place + 2, len(words) - 1)]
            end = last if _may_follow(last[0], language) and not _is_ordinary(last[0]) else following
            yield _person(word.start(), end.end())
            return
        if following[0].lower() in SURNAMES and _is_strange(word[0], language):
            yield _person(word.start(), following.end())
            return


def _starts_name(word: str, following: str, language: str) -> bool:
    """Whether a word is a usual first name, and what follows may be the last, in capitals if the first is."""
    shouted = word.isupper() and len(following) > _SHORTEST_SHOUTED
    if not is_first(word) or _is_colour(word, language):
        return False
    return _may_follow(following.title() if shouted else following, language)


def _written_to(words: Words, spoken: set[str], language: str) -> Iterator[Span]:
    """Yield words that are part of an e-mail address in the same text, and no ordinary ones."""
    for word in words:
        if word[0].lower() in spoken and (_is_strange(word[0], DEFAULT_LANGUAGE) or is_first(word[0])):
            yield _person(words[0].start() if _all_strange(words, language) else word.start(), word.end())


def _in_part(text: str, words: Words, language: str) -> Iterator[Span]:
    """Yield what a word for somebody's part or work stands before; capitalised, it is one of the words itself."""
    for place in range(len(words)):
        if _has_role(text, words[place:], language):
            yield _person(words[place].start(), words[-1].end())
            return


def _has_role(text: str, words: Words, language: str) -> bool:
    """Whether a word for somebody's part or work stands before; what is only turned to may be a firm, if it is one word."""
    before = _before(text, words[0].start())
    told = _ROLE.search(before)
    if len(words) > 1 or is_first(words[0][0]):
        told = told or _TO.search(before)
    if len(words) > 1:
        told = told or _BY.search(before)
    return bool(told) and _all_strange(words, language)


def _before(text: str, start: int) -> str:
    return text[max(0, start - _REACH) : start]


def _is_reached(text: str, words: Words, contacts: Sequence[int]) -> bool:
    """Whether an address or a telephone number follows, which is somebody's if two strange words are before it."""
    end = words[-1].end()
    following = next(
        iter(contacts[bisect_left(contacts, end) : bisect_left(contacts, end) + 1]), end + _REACH
    )
    near = following < end + _REACH and _FOLLOWED.fullmatch(text, end, following) is not None
    return near and len(words) > 1 and _all_strange(words, DEFAULT_LANGUAGE)


def _all_strange(words: Words, language: str) -> bool:
    """Whether the first is surely no ordinary word, or a name behind which another is none, and all may be names."""
    strange = [_is_strange(word[0], language) or is_first(word[0]) for word in words]
    first = strange[0] or (words[0][0].lower() in WORDLIKE_NAMES and any(strange[1:2]))
    return first and len(words) <= _MOST_WORDS and all(_may_be_part(word[0], language) for word in words)


def _may_be_part(word: str, language: str) -> bool:
    if word.isupper() or is_familiar(word) or is_frequent(word, language):
        return False
    return standing(word, language) < Standing.ORDINARY or word.lower() in GIVEN_NAMES | WORDLIKE_NAMES


def _may_follow(word: str, language: str) -> bool:
    return not (word.isupper() or is_familiar(word) or is_frequent(word, language))


def _is_strange(word: str, language: str) -> bool:
    if word.isupper() or is_familiar(word) or word.lower() in TITLES:
        return False
    return standing(word, language) <= Standing.LIKELY


def _is_ordinary(word: str) -> bool:
    return standing(word, DEFAULT_LANGUAGE) is Standing.ORDINARY


def _is_told(text: str, span: Span) -> bool:
    """Whether it is more than a label's value or one of two compared: with a title, or a word that is not quite ordinary."""
    said = text[span.start : span.end]
    words = [*_WORD.finditer(said)]
    if _COMPARED.match(text, span.end):
        return False
    if len(words) == 1 and _LABELLED.search(_before(text, span.start)):
        return is_first(words[0][0])
    titled = re.match(r"\w+", said)
    if titled and titled[0].lower() in TITLES and len(titled[0]) > 1:
        return titled[0].lower() != "me" or not all(_is_ordinary(word[0]) for word in words)
    return any(not _is_ordinary(word[0]) and not word[0].isupper() for word in words)


def _is_colour(word: str, language: str) -> bool:
    return word.lower() == "rosa" and primary_language(language) == "de"


def _local_part(text: str, span: Span) -> list[str]:
    if span.entity != "EMAIL_ADDRESS":
        return []
    return _LOCAL.findall(text[span.start : span.end].partition("@")[0])


def _person(start: int, end: int) -> Span:
    return Span(start, end, "PERSON", 0.75)
