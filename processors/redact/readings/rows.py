r"""Rows of characters, of their codes or of groups of digits, with the same thing between all of them, read as one.

What stands between may be anything: `][`, `\'`, `") & Chr$("`, an arrow, a line with a bullet.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from processors.redact.readings.reading import Change

_ATOM = r"(?>0[xX][0-9A-Fa-f]{2}|\d{1,3}|[0-9A-Fa-f]{2}|\w)(?![A-Za-z0-9])"
_ANY = r"(?>(?:0[xX][0-9A-Fa-f]{2}|\d{1,3}|[0-9A-Fa-f]{2})(?![A-Za-z0-9])|[^\n](?![A-Za-z0-9]))"
_ROW = re.compile(
    rf"(?<![A-Za-z0-9]){_ATOM}(?P<apart>(?>\n|[^\w\n]{{1,6}}(?:[A-Za-z_$.]{{1,16}}[^\w\n]{{1,4}}|(?<=[^\w\s]))))"
    rf"{_ANY}(?:(?P=apart){_ANY}){{4,400}}+"
)
_HEXADECIMAL_GROUPS = re.compile(
    r"(?<![A-Za-z0-9])(?:[0-9A-Fa-f]{2}){1,8}+(?P<apart>[^\w\n]{1,3}+)(?:[0-9A-Fa-f]{2}){1,8}+"
    r"(?:(?P=apart)(?:[0-9A-Fa-f]{2}){1,8}+){1,200}+(?![A-Za-z0-9])"
)
_GROUPS = re.compile(
    r"(?<![\w.,])[+(]{0,2}\d{1,8}(?P<apart>[^\w]{1,6}+)\d{1,8}(?:(?P=apart)\d{1,8}){1,12}(?!\w|[.,]\d)"
)
_NUMBERED = re.compile(
    r"(?<![\w.,])1[.)][ ]{0,2}(?:[A-Z]{2})?[+(]{0,2}\d[\d ]{0,10}\)?(?:\s{1,3}\d{1,2}[.)][ ]{0,2}[\dA-Z]{1,10}\b){2,12}"
)
_NUMBER_OF_LINE = re.compile(r"(?:^|(?<=\s))\d{1,2}[.)][ ]{0,2}")
_TELLING_SIGN = re.compile(r"[^\w\s.,:/()%+*='\u2019\u20ac$\u00a3-]|\n")
_ESCAPE = re.compile(r"\\[xuU]|[;&]#|%|\A=\Z")
"""Its digits are read with what begins it."""

_NUMBER, _MARKS = re.compile(r"\+?\d[\d ./-]*"), re.compile(r"[ ./-]+")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_FEWEST, _FEWEST_DIGITS, _MOST_DIGITS, _FEWEST_OCTETS = 6, 9, 24, 6
_PRINTABLE = range(32, 127)
_STEPS_IN_ORDER = frozenset({0, 1})


def rows(text: str) -> Iterator[Change]:
    """Yield what rows say; changes may overlap."""
    for match in _ROW.finditer(text):
        said = None if _ESCAPE.search(match["apart"]) else _said(match[0].split(match["apart"]))
        if said is not None:
            yield with_sign(match, said)
    for match in _HEXADECIMAL_GROUPS.finditer(text):
        said = None if _ESCAPE.search(match["apart"]) else _from_hexadecimal(match[0].split(match["apart"]))
        if said is not None:
            yield Change(match.start(), match.end(), said)
    if has_digits(text, _FEWEST_DIGITS):
        yield from _groups(text)


def with_sign(row: re.Match[str], said: str) -> Change:
    """Return what a row says, with the plus before it if it is a number: a row begins with a letter or digit."""
    sign = row.start() - len(row["apart"]) - 1
    if said.isdecimal() and sign >= 0 and row.string.startswith("+" + row["apart"], sign):
        return Change(sign, row.end(), "+" + said)
    return Change(row.start(), row.end(), said)


def _said(atoms: list[str]) -> str | None:
    if len(atoms) < _FEWEST:
        return None
    if all(len(atom) == 1 for atom in atoms):
        said = "".join(atoms)
        return None if is_in_order(said) or said.count(" ") * 2 > len(said) else plain_number(said)
    if all(map(str.isdecimal, atoms)) and all(int(atom) in _PRINTABLE for atom in atoms):
        return "".join(chr(int(atom)) for atom in atoms)
    return _from_hexadecimal([atom.removeprefix("0x").removeprefix("0X") for atom in atoms])


def _from_hexadecimal(groups: list[str]) -> str | None:
    """Digits alone are a number, whatever else they may say, unless they are pairs of many."""
    digits = "".join(groups)
    if len(digits) % 2 or not all(character in "0123456789abcdefABCDEF" for character in digits):
        return None
    octets = bytes.fromhex(digits)
    if digits.isdigit() and len(groups) < _FEWEST:
        return None
    if len(octets) < _FEWEST_OCTETS or not all(octet in _PRINTABLE for octet in octets):
        return None
    return octets.decode("ascii")


def has_digits(text: str, fewest: int) -> bool:
    """Whether a text has so many digits, those of other scripts aside."""
    return sum(map(text.count, "0123456789")) >= fewest


def is_in_order(said: str) -> bool:
    """Whether characters are those of an alphabet or of counting: a, b, c."""
    return {ord(after) - ord(before) for before, after in pairwise(said.lower())} <= _STEPS_IN_ORDER


def plain_number(said: str) -> str:
    """Return a number without the marks between its digits, anything else as it is."""
    return _MARKS.sub("", said) if _NUMBER.fullmatch(said) else said


def _groups(text: str) -> Iterator[Change]:
    """Groups of digits with a sign between them that no list of amounts or dates has, or one under the other."""
    for match in _GROUPS.finditer(text):
        if _TELLING_SIGN.search(match["apart"]) and not _ESCAPE.search(match["apart"]):
            yield from _number(match[0], match.start(), match.end())
    for match in _NUMBERED.finditer(text):
        yield from _number(_NUMBER_OF_LINE.sub("", match[0]), match.start(), match.end())


def _number(written: str, start: int, end: int) -> Iterator[Change]:
    said = _NOT_ALPHANUMERIC.sub("", written)
    if _FEWEST_DIGITS <= sum(map(str.isdigit, said)) <= _MOST_DIGITS:
        yield Change(start, end, said)
