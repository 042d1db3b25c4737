"""Whether a run of characters was drawn by a machine: words and numbers keep to habits that random characters break.

Measured on each pair of neighbours: two letters that hardly ever stand side by side in English, French, German or
Spanish words, or a letter beside a digit. In words such pairs are rare; in random characters more than half are.
"""

import re
from collections.abc import Iterator
from itertools import product
from operator import add
from string import ascii_letters, digits

_FOLLOWERS = (
    "abcdfghijklmnprstuvyz baeilorsu caehiklortu daeiorsu eabcdefghijklmnoprstuvwxz faefilortu gaehilnorstu "
    "haeilnorstu iabcdefglmnopqrstvz jaeo kaeilorstu ladeilostuy mabeimopu nacdefgiknostuz obcdgilmnoprstuvw "
    "paefhilopru qu rabcdefgiklmnorstuy sacehimopstu taehiorstuyz uabcdefgilmnprstvx vaeio waehio ys zaeiou"
)
"""Each group is a letter and those that often follow it."""

_USUAL = frozenset(group[0] + follower for group in _FOLLOWERS.split() for follower in group[1:])
_SHORTEST = 16
_FEW_JOINTS, _CHARACTERS_A_JOINT = 2, 6
_WINDOW = 48
_SHARE, _SHARE_MIXED, _SHARE_JOINED, _SHARE_WORDLIKE = 0.3, 0.25, 0.35, 0.45
_WORDLIKE = re.compile(r"[A-Za-z][a-z]{2,}(?:[A-Z][a-z]{2,})*")
_JOINTS = re.compile(r"[^A-Za-z0-9]+")
_UUID = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")
_HEXADECIMAL = re.compile(r"(?=(?:[0-9]*[a-fA-F]){3})(?=(?:[a-fA-F]*[0-9]){2})[0-9a-fA-F]+")
_MIXED_WITH_SIGNS = re.compile(r"(?=\S*[A-Za-z])(?=\S*[\d!#$%&*+=?@^_~])")
_HUMP = re.compile(r"[a-z](?=[A-Z])")
_SHORTEST_ODD, _MANY_HUMPS = 8, 3
_KINDS = tuple(map(re.compile, ("[0-9]", "[a-z]", "[A-Z]")))


def _is_odd(first: str, second: str) -> bool:
    if first.isdigit() or second.isdigit():
        return first.isdigit() != second.isdigit()
    if first == second or (first.islower() and second.isupper()):
        return False
    return (first + second).lower() not in _USUAL


_ODD = frozenset(
    first + second for first, second in product(ascii_letters + digits, repeat=2) if _is_odd(first, second)
)


def is_random(token: str) -> bool:
    """Whether no word, number or UUID would look so. Tokens of fewer than 16 characters are never said to be."""
    if len(token) < _SHORTEST:
        return False
    bare = _UUID.sub("", token) if "-" in token else token
    if any(_is_random_part(part) for part in _JOINTS.split(bare)):
        return True
    joined, joints = _JOINTS.subn("", bare)
    if len(joined) < _SHORTEST or joints > max(_FEW_JOINTS, len(joined) // _CHARACTERS_A_JOINT):
        return False
    return _is_mixed(joined) and odd_share(joined) >= _SHARE_JOINED


def is_no_word(token: str) -> bool:
    """Whether letters are mixed with digits or signs as in no word: `hunter2`, `p@ss`, `qwzRtKpLx`."""
    if _MIXED_WITH_SIGNS.match(token):
        return True
    return len(token) >= _SHORTEST_ODD and (
        odd_share(token) >= _SHARE_JOINED or len(_HUMP.findall(token)) >= _MANY_HUMPS
    )


def is_uuid(token: str) -> bool:
    """Whether a token is a UUID as RFC 9562 writes them, and nothing else."""
    return bool(_UUID.fullmatch(token))


def _is_random_part(part: str) -> bool:
    if len(part) < _SHORTEST or part.isdigit():
        return False
    return bool(_HEXADECIMAL.fullmatch(part)) or any(map(_is_random_window, _windows(part)))


def _is_random_window(window: str) -> bool:
    if _WORDLIKE.fullmatch(window):
        return odd_share(window) >= _SHARE_WORDLIKE
    return odd_share(window) >= (_SHARE_MIXED if _is_mixed(window) else _SHARE)


def _windows(part: str) -> Iterator[str]:
    """Yield stretches, so that words before random characters do not hide them."""
    for start in range(0, max(1, len(part) - _SHORTEST + 1), _WINDOW):
        yield part[start : start + _WINDOW]


def odd_share(part: str) -> float:
    """Return the share of neighbours that words do not have: about 0.05 in words, 0.6 in random characters."""
    return sum(map(_ODD.__contains__, map(add, part, part[1:]))) / (len(part) - 1)


def _is_mixed(part: str) -> bool:
    return all(kind.search(part) for kind in _KINDS)
