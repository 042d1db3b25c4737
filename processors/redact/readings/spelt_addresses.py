"""E-mail addresses whose signs are spelt out or set apart (`jane at shop dot example`), read as they are meant."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from processors.redact.readings.reading import Change
from processors.redact.vocabulary.standing import is_common

_BARE_AT = r"(?:at[ -]?sign|at[ -]?zeichen|at|\u00e4t|arroba|arobase|chiocciola|klammeraffe|bei)"
_NAMED_DOT = r"(?:dot|punkt|punto|point|ponto|punt|period|full stop|\.)"
_BESIDE = r"(?:[^\w\s.,!?]{1,2}|_{1,2})"
_AT = re.compile(
    rf"(?<=\w)(?:(?P<sure>\s{{0,2}}{_BESIDE}\s?(?:{_BARE_AT}|a|@)\s?{_BESIDE}\s{{0,2}})"
    rf"|(?P<sign>\s{{0,2}}@\s{{0,2}})|\s{{1,2}}{_BARE_AT}\s{{1,2}})(?=\w)",
    re.IGNORECASE,
)
_NAMED_SIGN = (
    rf"(?:\s{{0,2}}{_BESIDE}\s?{_NAMED_DOT}\s?{_BESIDE}\s{{0,2}}"
    r"|\s{1,2}(?:dot|punkt|punto|point|ponto|period|full stop|underscore|unterstrich|guion|dash|hyphen|tiret|bindestrich)\s{1,2})"
)
_SIGN = rf"(?:{_NAMED_SIGN}|\s{{1,2}}\.\s{{1,2}})"
_SIGNS = re.compile(_SIGN, re.IGNORECASE)
_NAMED_SIGNS = re.compile(_NAMED_SIGN, re.IGNORECASE)
_DOTS = re.compile(r"(?<![^\W_])(?:dot|period|full stop)(?![^\W_])", re.IGNORECASE)
"""After an English `at`, a point may be one of view, or in time."""

_LABEL = r"[^\W_](?:[\w-]{0,62}[^\W_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:(?:\.|{_SIGN}){_LABEL}){{1,4}}", re.IGNORECASE)
_DOMAIN_AFTER_WORD = re.compile(rf"{_LABEL}(?:(?:\.|{_NAMED_SIGN}){_LABEL}){{1,4}}", re.IGNORECASE)
_SPELT_LOCAL = re.compile(rf"(?<![\w.+-])[\w.+-]{{1,64}}(?:{_SIGN}[\w+-]{{1,64}}){{0,3}}$", re.IGNORECASE)
_REACH = 96
_LONGEST_DOMAIN = 512
_MARKS = {
    "underscore": "_",
    "unterstrich": "_",
    "guion": "_",
    "dash": "-",
    "hyphen": "-",
    "tiret": "-",
    "bindestrich": "-",
}
_MADE_UP = re.compile(r"[\w][\d_.+][\w]|[^\W\d_]\d")
_LETTERS = re.compile(r"[^\W\d_]+")
SIGNS = frozenset(
    (
        "at",
        "\u00e4t",
        "arroba",
        "arobase",
        "atzeichen",
        "bei",
        "chiocciola",
        "klammeraffe",
        "dot",
        "punkt",
        "punto",
        "ponto",
    )
)
"""Words that tell of a spelt address, in lower case."""


def may_be_address(text: str, words: Iterable[str]) -> bool:
    """Whether it is worth looking for addresses.

    Args:
        words: those of the text, in lower case.
    """
    return "@" in text or "(a)" in text or "[a]" in text or not SIGNS.isdisjoint(words)


def spelt_addresses(text: str) -> Iterator[Change]:
    """Yield the signs of addresses in place of their names."""
    reached = 0
    named = [sign.start() for sign in _NAMED_SIGNS.finditer(text)] if "@" in text else []
    for at in _AT.finditer(text):
        if at.start() < reached or (at[0] == "@" and not _has_any(named, at)):
            continue
        is_word = not at["sure"] and not at["sign"]
        domain = (_DOMAIN_AFTER_WORD if is_word else _DOMAIN).match(text, at.end())
        local = _local(text, max(reached, at.start() - _REACH), at.start()) if domain else None
        if domain is None or local is None or not _is_address(text, local, at, domain):
            continue
        yield from _signs(text, local, at.start())
        yield Change(at.start(), at.end(), "@")
        yield from _signs(text, domain.start(), domain.end())
        reached = domain.end()


def _has_any(signs: Sequence[int], at: re.Match[str]) -> bool:
    """Whether a sign is spelt out so near to an `@` that it may be of the same address."""
    following = bisect_left(signs, at.start() - _REACH)
    return following < len(signs) and signs[following] < at.end() + _LONGEST_DOMAIN


def _local(text: str, start: int, end: int) -> int | None:
    """Return where the part before the sign begins."""
    match = _SPELT_LOCAL.search(text[start:end])
    return start + match.start() if match else None


def _is_address(text: str, local: int, at: re.Match[str], domain: re.Match[str]) -> bool:
    """A bare `at` is also a word: then a dot must be spelt out, or what stands before it be no common word."""
    name = text[local : at.start()]
    if at[0] == "@":
        return bool(_NAMED_SIGNS.search(domain[0]) or _NAMED_SIGNS.search(name))
    if at["sure"] or (_DOTS if at[0].strip().lower() == "at" else _NAMED_SIGNS).search(domain[0]):
        return True
    return at[0].strip().lower() != "bei" and _names_one(name)


def _names_one(name: str) -> bool:
    return bool(_MADE_UP.search(name)) or not all(is_common(word, "en") for word in _LETTERS.findall(name))


def _signs(text: str, start: int, end: int) -> Iterator[Change]:
    for match in _SIGNS.finditer(text, start, end):
        names = _LETTERS.findall(match[0])
        yield Change(match.start(), match.end(), _MARKS.get(names[0].lower(), ".") if names else ".")
