"""Codes in a question: order numbers, article numbers, error codes. They are looked for as a whole."""

import re
from collections.abc import Iterable

MAX_CODES = 8
_LONGEST = 40
_TOKEN = re.compile(r"[0-9A-Za-z]+(?:[-_./][0-9A-Za-z]+)*")
_LEAST_DIGITS_ALONE = 4


def codes_in(text: str, further: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the codes of a text, and further ones, without repetition.

    A code is a word with a digit and a letter (`E1042`, `NW-104233`), a long number, or short groups joined by hyphens
    of which one has a digit. Neither prices nor years nor sizes are.
    """
    found = [*further, *(token for token in _TOKEN.findall(text) if _is_code(token))]
    return tuple(dict.fromkeys(found))[:MAX_CODES]


def _is_code(token: str) -> bool:
    if len(token) > _LONGEST or not any(map(str.isdigit, token)):
        return False
    if token.isdigit():
        return len(token) > _LEAST_DIGITS_ALONE
    letters = any(map(str.isalpha, token))
    return letters and (not token[0].isdigit() or "-" in token)
