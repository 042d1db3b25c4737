"""Characters and groups of digits set apart from one another, drawn together."""

import re
from collections.abc import Iterator
from itertools import pairwise

from processors.redact.readings.reading import Change
from processors.redact.rules.contacts import is_iban
from processors.redact.rules.numbers import is_card

_APART = r"(?:[^\w\n]{1,3}|_{1,2}|[ \t]{0,2}\r?\n[ \t]{0,2})"
_DIGITS = re.compile(r"(?<!\d)(?:\+[\W_]{1,12})?\d(?:[\W_]{1,12}\d(?!\d)){5,}")
_GROUPS = re.compile(rf"(?<![\w.,])\+?\d{{1,6}}(?:(?:{_APART}|[xX])\d{{1,7}}){{1,}}(?!\d)")
_LETTERS = re.compile(r"(?<![^\s(])\S(?:[ \t\u00a0]{1,4}\S(?![^\s.,;:!?)])){4,}")
_JOINED_LETTERS = re.compile(r"(?<!\w)[^\W_](?P<joint>[._*\-|/\u00b7~+])[^\W_](?:(?P=joint)[^\W_](?!\w)){3,}")
_ACCOUNT = re.compile(r"(?<!\w)[A-Za-z]{2}[\W_]{0,2}\d{2}(?:[\W_]{1,3}[A-Za-z0-9]{1,5}){3,10}(?!\w)")
_TURNED_ACCOUNT = re.compile(r"(?<!\w)[A-Za-z0-9]{1,5}(?:[ -][A-Za-z0-9]{4}){2,8}(?<=\d[A-Za-z]{2})(?!\w)")
_TURNED_TELEPHONE = re.compile(r"(?<![\w.,+])\d(?:[ .-]?\d){6,13}[1-9]\+(?!\w)")
_NUMBER = re.compile(r"\d+")
_PAIR = 2
_NOT_DIGIT = re.compile(r"\D+")
_NOT_LETTER = re.compile(r"[\W_]+")
_BLANK = re.compile(r"[ \t\u00a0](?=\S)(?<=\S[ \t\u00a0])")
_WIDE = re.compile(r"[ \t\u00a0]{2,}")
_USUAL = re.compile(r"\+?\d+(?:[ .-]\d+)+")
_SOCIAL_SECURITY = re.compile(r"\d{3}\D{1,4}\d{2}\D{1,4}\d{4}")
_DECORATED = re.compile(r"\d[\W\d_]*[_*|~+=#\u00b7\u2022\n][\W\d_]*\d")
_FEWEST_DIGITS = 9
_FEWEST_LETTERS = 4
_ACCOUNT_DIGITS = 10
_MOST_DIGITS = 19


def drawn_together(text: str) -> Iterator[Change]:
    """Yield what separates the characters of a word or number, to be passed over; changes may overlap."""
    yield from _single_digits(text)
    yield from _groups(text)
    yield from _letters(text)
    yield from _accounts(text)
    if "+" in text:
        yield from (Change(*match.span(), match[0][::-1]) for match in _TURNED_TELEPHONE.finditer(text))


def _single_digits(text: str) -> Iterator[Change]:
    for match in _DIGITS.finditer(text):
        if not _counts(_NOT_DIGIT.sub("", match[0])):
            first = _NUMBER.search(text, match.start())
            start = first.start() if first else match.start()
            if start > match.start():
                yield Change(match.start() + 1, start, "")
            yield from _without(_NOT_DIGIT, text, start, match.end())


def _counts(digits: str) -> bool:
    """Whether digits are one, two, three and so on."""
    return all(int(after) - int(before) == 1 for before, after in pairwise(digits))


def _groups(text: str) -> Iterator[Change]:
    """Groups of digits are one number if they pass for a card, or a social security number, or nothing else is written so.

    Those with a blank, dot or hyphen between them are found as they stand.
    """
    for match in _GROUPS.finditer(text):
        if _USUAL.fullmatch(match[0]):
            continue
        digits = _NOT_DIGIT.sub("", match[0])
        telling = _SOCIAL_SECURITY.fullmatch(match[0]) or is_card(digits)
        decorated = _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS and _DECORATED.search(match[0])
        if telling or (decorated and _is_telephone(match[0])):
            yield from _without(_NOT_DIGIT, text, *match.span())


def _is_telephone(group: str) -> bool:
    return group[0] in "+0" or ("\n" not in group and len(_NUMBER.findall(group)) > _PAIR)


def _letters(text: str) -> Iterator[Change]:
    """Wider gaps among letters set apart separate words."""
    for match in _LETTERS.finditer(text):
        if sum(map(str.isalnum, match[0])) >= _FEWEST_LETTERS:
            yield from _without(_BLANK, text, *match.span())
            gaps = _WIDE.finditer(text, match.start(), match.end())
            yield from (Change(gap.start(), gap.end(), " ") for gap in gaps)
    for match in _JOINED_LETTERS.finditer(text):
        yield from _without(_NOT_LETTER, text, *match.span())


def _accounts(text: str) -> Iterator[Change]:
    for match in _ACCOUNT.finditer(text):
        end = next((end for end in _ends(match) if _is_account(text[match.start() : end])), None)
        if end is not None:
            yield from _without(_NOT_LETTER, text, match.start(), end)
    for match in _TURNED_ACCOUNT.finditer(text):
        account = _NOT_LETTER.sub("", match[0])[::-1]
        if _is_account(account):
            yield Change(match.start(), match.end(), account)


def _is_account(candidate: str) -> bool:
    """One in a hundred texts has the right check digits by chance."""
    compact = _NOT_LETTER.sub("", candidate)
    return sum(map(str.isdigit, compact)) >= _ACCOUNT_DIGITS and is_iban(compact)


def _ends(match: re.Match[str]) -> Iterator[int]:
    """Yield where an account may end, furthest first."""
    yield match.end()
    gaps = _NOT_LETTER.finditer(match.string, match.start(), match.end())
    yield from (gap.start() for gap in reversed(list(gaps)))


def _without(separator: re.Pattern[str], text: str, start: int, end: int) -> Iterator[Change]:
    for gap in separator.finditer(text, start, end):
        if gap.start() > start:
            yield Change(gap.start(), gap.end(), "")
