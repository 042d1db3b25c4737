"""Default-deny: what mixes letters with digits or signs as no word, version or measure does is taken for a secret.

It is called a number, not a secret, since most of it may be somebody's reference: a task that declares it gets it.
"""

import re
from collections.abc import Iterator

from processors.redact.rules.randomness import odd_share
from schemas.ports import Span

_RUN = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]{0,64}+\d)(?=[\d_-]{0,64}+[A-Za-z])[A-Za-z0-9_-]{7,}+")
_DIGIT = re.compile(r"\d")
_SIGNED = re.compile(r"(?<![^\s\"'`=:,;(\[{<>])[^\s\"'`,;(){}\[\]<>\x7f-\U0010ffff]{8,128}")
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,64}[:=](?=[^/=:])")
_SIGNS = "!#$%&*+?@^|~"
_SIGN = re.compile(rf"[{_SIGNS}]")
_AMONG_LETTERS = re.compile(rf"[A-Za-z0-9][{_SIGNS}_.-]{{0,8}}[{_SIGNS}][{_SIGNS}_.-]{{0,8}}[A-Za-z0-9]")
_CLOSING = ".,:;?"
_CLASSES = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]")))
_FEWEST_CLASSES = 2
_PLAIN = re.compile(
    r"(?:https?:|www\.|/|\.{1,2}/|mailto:|\\\\).*|[\w./-]*\?\w+=.*|[^@]*@[\w.-]+\.[A-Za-z]{2,}|[\w./-]*&\w+;.*"
    r"|[#@]\w+|[A-Za-z]+[#&+@%*|~?][\d.,-]+|[\d.,-]+[#&+%*|~?][A-Za-z]+|(?:[\w.-]*%(?:2\d|2[A-F]|3[A-F]|40|5[BD]|C[23]%[89AB][0-9A-F]))+[\w./-]*|[A-Za-z]{1,3}\$[\d.,]+\w?"
)
"""Addresses, tags, `order#4711`, `50%off`, `US$1200`: signs with a meaning of their own."""

_TURN = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_JOINT = re.compile(r"[_-]+")
_PARTS = re.compile(r"[A-Za-z0-9]+")
_LETTERS = re.compile(r"[A-Za-z]+")
_MEASURE = re.compile(
    r"(?:\d{1,5}[A-Za-z]{1,3}){1,2}\d{0,3}|\d+(?:x\d+){1,3}[a-z]{0,2}|v\d.*|\d+(?:st|nd|rd|th)", re.IGNORECASE
)
"""`500ml`, `4x100g`, `2h30`: figures with their units."""

_WORD_AND_NUMBER = re.compile(
    r"(?<![\w.-])(?:[A-Za-z]{3,32}[._-]){0,2}[A-Za-z]{4,32}(?P<digits>\d{2,4})(?P<signs>[!#$%*+@_~^&-]{0,8})(?![\w$])"
)
_YEAR = re.compile(r"(?:19|20)\d{2}")
_SURE_SIGNS = frozenset("#$%*+@_~^&")
_SIGNS_BEFORE = re.compile(r"(?<!\w)[!#$%*+@~^&]+$")
_SIGNS_AFTER = re.compile(r"[#$%*+@~^&]{1,8}")
_MOST_SIGNS = 8
_SHORTEST, _SHORTEST_TURNING, _SHORTEST_GROUPED, _SHORTEST_PASSWORD = 8, 7, 10, 8
_MANY_TURNS, _FEW_TURNS, _FEW_LETTERS = 3, 2, 2
_FEWEST_IN_PASSWORD = 3
_ODD_SHARE, _ODD_LETTERS = 0.4, 0.3
_SCORE = 0.3


def find(text: str) -> Iterator[Span]:
    """Yield tokens that were drawn or made up, whole; spans may overlap."""
    if not _DIGIT.search(text):
        yield from _signed(text)
        return
    for match in _RUN.finditer(text):
        if _is_drawn(match[0]):
            start, end = _with_signs(text, *match.span())
            yield Span(start, end, "NUMBER", _SCORE)
    for match in _WORD_AND_NUMBER.finditer(text):
        if _is_password(match):
            yield Span(match.start(), match.end(), "NUMBER", _SCORE)
    yield from _signed(text)


def _is_drawn(token: str) -> bool:
    parts = _PARTS.findall(token)
    if any(map(_is_drawn_part, parts)):
        return True
    return len(parts) > 1 and sum(map(len, parts)) >= _SHORTEST_GROUPED and _is_grouped(parts)


def _is_drawn_part(part: str) -> bool:
    turns = len(_TURN.findall(part))
    if not turns or len(part) < _SHORTEST_TURNING or _MEASURE.fullmatch(part):
        return False
    if turns >= _MANY_TURNS:
        return True
    return len(part) >= _SHORTEST and odd_share(part) >= _ODD_SHARE


def _is_grouped(parts: list[str]) -> bool:
    """Whether groups of a code mix letters and digits (`x7k2-9qmp-4tz8`) as parts of names do not."""
    turns = [len(_TURN.findall(part)) for part in parts]
    return sum(map(bool, turns)) * 2 >= len(parts) and max(turns) >= _FEW_TURNS and len(parts) >= _FEW_TURNS


def _is_password(match: re.Match[str]) -> bool:
    """A word with a number that is no year, or with a sign no sentence ends in: `winter9439!`, `sommer24$`."""
    if len(match[0]) < _SHORTEST_PASSWORD:
        return False
    if not _SURE_SIGNS.isdisjoint(match["signs"]):
        return True
    return len(match["digits"]) >= _FEWEST_IN_PASSWORD and not _YEAR.fullmatch(match["digits"])


def _with_signs(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where a token begins and ends with the signs that stand at its ends."""
    before, after = (
        _SIGNS_BEFORE.search(text, max(0, start - _MOST_SIGNS), start),
        _SIGNS_AFTER.match(text, end),
    )
    return before.start() if before else start, after.end() if after else end


def _signed(text: str) -> Iterator[Span]:
    if not _AMONG_LETTERS.search(text):
        return
    for match in _SIGNED.finditer(text):
        named = _NAME.match(match[0])
        start = match.start() + (named.end() if named else 0)
        token = text[start : match.end()].rstrip(_CLOSING)
        if len(token) >= _SHORTEST_PASSWORD and _is_signed_password(token):
            yield Span(start, start + len(token), "NUMBER", _SCORE)


def _is_signed_password(token: str) -> bool:
    if not _SIGN.search(token.strip(_SIGNS)) or _PLAIN.fullmatch(token):
        return False
    classes = sum(bool(kind.search(token)) for kind in _CLASSES)
    letters = "".join(_LETTERS.findall(token))
    if classes < _FEWEST_CLASSES or len(letters) < _FEW_LETTERS:
        return False
    return any(map(str.isdigit, token)) or (
        len(letters) > _FEW_LETTERS and odd_share(letters) >= _ODD_LETTERS
    )
