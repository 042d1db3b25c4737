"""How text becomes terms: words without case, accents and endings, and codes as wholes."""

import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from schemas.base import primary_language
from schemas.knowledge import Passage
from schemas.retrieval import MAX_QUERY_CHARACTERS

VERSION = "1"
"""Of these rules; an index made by others is built anew."""

MAX_QUERY_TERMS = 200
MAX_TELLING_TERMS = 24
"""Terms of a query that are looked at, and of these that are searched for."""

MAX_CODES = 32
MAX_CODE_PARTS = 8
_LONGEST_WORD = 40

CODE_PATTERN = r"[\p{L}\p{N}]+(?:[-_]+[\p{L}\p{N}]+|\.\p{N}[\p{L}\p{N}]*)*"
"""Hyphens and underscores bind, and a point does before a digit; all else parts."""

STEMMED = {"en": "english", "de": "german", "fr": "french", "es": "spanish"}
"""Words of other languages are kept as they are."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–−"), "-")  # noqa: RUF001 - the dashes that printers put for a hyphen

_QUESTIONS = """
    am can could did do does for from get had has have he her here his how i if into let's may me my our please she should
    some than that the them then there these they those to us was we were what what's when where which who whose why will
    with would you your
    gibt kann könnt können könnte möchte ich mir mich mein meine meinem meinen meiner muss soll wann warum was welche
    welchem welchen welcher welches wem wen wer wessen wie wieso wo woher wohin
    combien comment faut fait où peut peux pourquoi puis quand que quel quelle quelles quels qui quoi vous
    cómo cuál cuáles cuándo cuánta cuántas cuánto cuántos dónde hay puede puedo qué quién quiénes tengo
""".split()  # noqa: SIM905 - words are easier to read than a list of literals


def searched(passage: Passage) -> str:
    """Return what codes and meaning are searched in."""
    return f"{passage.title}\n{passage.text}"


def titled_twice(passage: Passage) -> str:
    """Return what words are searched in: those of the title count twice."""
    return f"{passage.title}\n{passage.title}\n{passage.text}"


def words(text: str, language: str) -> list[str]:
    """Return the terms of a passage, by the rules of its language."""
    return passage_analyzer(language).analyze(plain(text))


def query_words(text: str) -> list[str]:
    """Return what may be looked for: words that carry meaning, as each language would stem them; not more than the cap.

    A query's language is not known for sure, and texts of every language are searched. Where nothing but function words
    was asked, they are what is looked for.
    """
    asked = plain(text[:MAX_QUERY_CHARACTERS])
    content = " ".join(_content().analyze(asked)) or asked
    stems = (term for word in content.split() for term in _stems(word))
    return list(dict.fromkeys(stems))[:MAX_QUERY_TERMS]


def telling(terms: Iterable[str], frequency: Callable[[str], int]) -> list[str]:
    """Return the terms that occur at all, without those that most passages have where there are too many.

    Args:
        frequency: how many passages have a term.
    """
    counted = [(frequency(term), term) for term in terms]
    occurring = sorted((each for each in counted if each[0]), key=lambda each: each[0])
    return [term for _, term in occurring[:MAX_TELLING_TERMS]]


def code_parts(text: str) -> list[str]:
    """Return the parts of a code, or of a text that may hold codes: a code stands in it if its parts do, in a row."""
    return code_analyzer().analyze(plain(text))


def asked_codes(codes: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the parts of each code to look for, each code once; no more than the caps."""
    parts = (tuple(code_parts(code[:MAX_QUERY_CHARACTERS])) for code in codes)
    return [code for code in dict.fromkeys(parts) if 0 < len(code) <= MAX_CODE_PARTS][:MAX_CODES]


def plain(text: str) -> str:
    """Return the text with the usual forms of its characters: printers' dashes become hyphens."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_DASHES)


@cache
def passage_analyzer(language: str) -> TextAnalyzer:
    """Return the rules for passages of a language."""
    builder = _split()
    if name := STEMMED.get(primary_language(language)):
        builder = builder.filter(Filter.stemmer(name))
    return builder.filter(Filter.ascii_fold()).build()


@cache
def code_analyzer() -> TextAnalyzer:
    """Return the rules for codes: lower case, nothing else is changed."""
    return TextAnalyzerBuilder(Tokenizer.regex(CODE_PATTERN)).filter(Filter.lowercase()).build()


@cache
def _content() -> TextAnalyzer:
    builder = _split()
    for name in STEMMED.values():
        builder = builder.filter(Filter.stopword(name))
    return builder.filter(Filter.custom_stopword(_QUESTIONS)).build()


def _stems(word: str) -> list[str]:
    return [stem for language in ("", *STEMMED) for stem in passage_analyzer(language).analyze(word)]


def _split() -> TextAnalyzerBuilder:
    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(_LONGEST_WORD))
        .filter(Filter.lowercase())
    )
