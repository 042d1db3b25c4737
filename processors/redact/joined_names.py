"""Names of people in words that programs join: `anna-schmidt`, `AnnaSchmidt80`, `a.schmidt`.

Such words have no sentence around them and no capitals that tell. So only usual names are recognised, and what is
nothing but words that are no ordinary ones.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from processors.redact.rules.randomness import odd_share
from processors.redact.vocabulary.familiar import FAMILIAR, GIVEN_NAMES, WORDLIKE_NAMES
from processors.redact.vocabulary.standing import is_common
from schemas.errors import SluicegateError

_TOKEN = re.compile(r"[^\W_]+")
_RUN = re.compile(r"[^\W\d_]+|\d+")
_HUMPS = re.compile(r"(?:[A-Z][a-z]{2,}){2,4}|[a-z]{3,}(?:[A-Z][a-z]{2,}){1,3}")
_HUMP = re.compile(r"[A-Z]?[a-z]+")
_MOST_RUNS = 3
_SHORTEST, _SHORTEST_BESIDE_DRAWN, _SHORTEST_BEHIND_INITIAL = 3, 4, 6
_LONGEST_UNTOLD, _LONGEST_BY_CHANCE = 3, 5
_DRAWN_SHARE = 0.3
_FEWEST_WORDS, _MOST_WORDS = 2, 3
_SAINTS = frozenset({"san", "santa", "santo", "saint", "sao", "st", "ste"})
_PLACES = frozenset({"carolina", "florence", "georgia", "jordan", "victoria", "virginia"})
_SPELT = str.maketrans({"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00df": "ss"})
_MACHINES = frozenset(
    """
    account acct agent alert anon anonymous api app auth batch bot browser call card case cell channel chat checkout
    claim client code contact conv conversation cookie corr correlation cust customer demo desk dev device dialog dialogue
    email event external flow form group guest hash help helpdesk http https inbound inbox incident internal item
    job key line local lookup mail member message messages mobile msg node note number object office online order
    outbound page parcel part partner party phone portal post prod product queue ref reference region reply req request
    return returns room root sandbox sender sequence server service sess session shard shop slot source staging step store
    stream support system task team tel tenant test thread ticket token topic trace tracking transaction txn uid unit user
    uuid visit visitor voice web webchat webhook website widget worker
    """.split()  # noqa: SIM905 - one word a line would be two pages
)
"""Words that programs put before numbers."""


def names_somebody(joined: str) -> bool:
    """Whether one of the words is a usual name, or they are two or three of which none is an ordinary word."""
    words, drawn = _words(joined)
    shortest = _SHORTEST_BESIDE_DRAWN if drawn else _SHORTEST
    placed = {second for first, second in pairwise(words) if first in _SAINTS}
    if any(_is_name(word) for word in words if len(word) >= shortest and word not in placed):
        return True
    return not drawn and not re.search(r"\d", joined) and _are_strange(words)


def is_counted(joined: str) -> bool:
    """Whether there is a number or something drawn at random, with no words beside it but ordinary ones."""
    words, drawn = _words(joined)
    if any(_is_telling(word, beside_drawn=drawn) for word in words):
        return False
    return (drawn or any(map(str.isdigit, joined))) and not names_somebody(joined)


def _is_telling(word: str, *, beside_drawn: bool) -> bool:
    """Whether a word may say something. Beside random characters a short or odd one is some of them."""
    if word in _MACHINES or len(word) <= _LONGEST_UNTOLD:
        return False
    if beside_drawn and (len(word) <= _LONGEST_BY_CHANCE or odd_share(word) >= _DRAWN_SHARE):
        return False
    return word in WORDLIKE_NAMES or not _is_ordinary(word)


def _words(joined: str) -> tuple[list[str], bool]:
    """Return the words in lower case, and whether there is anything beside words and numbers."""
    words: list[str] = []
    drawn = False
    for token in _TOKEN.findall(joined):
        runs = _RUN.findall(token)
        parts = [part for run in runs if not run.isdigit() for part in _parts(run)]
        if len(runs) > _MOST_RUNS or any(
            not (part.islower() or part.isupper() or part.istitle()) for part in parts
        ):
            drawn = True
        else:
            words += map(str.lower, parts)
    return words, drawn


def _parts(run: str) -> list[str]:
    return _HUMP.findall(run) if _HUMPS.fullmatch(run) else [run]


def _is_name(word: str) -> bool:
    names = _names()
    behind = word[1:]
    return (
        word in names
        or (len(behind) >= _SHORTEST_BEHIND_INITIAL and behind in names)
        or any(
            word[:cut] in names and word[cut:] in names for cut in range(_SHORTEST, len(word) - _SHORTEST + 1)
        )
    )


def _are_strange(words: Sequence[str]) -> bool:
    """Whether there are as many words as in a name and none is an ordinary one."""
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS or any(
        len(word) < _SHORTEST or word in _MACHINES for word in words
    ):
        return False
    return not any(map(_is_ordinary, words))


def _is_ordinary(word: str) -> bool:
    try:
        return is_common(word, "en")
    except SluicegateError:  # the vocabulary is not installed
        return False


@cache
def _names() -> frozenset[str]:
    """Return the names that are nothing else, also as they are written without accents."""
    names = GIVEN_NAMES - FAMILIAR - WORDLIKE_NAMES - _PLACES
    return names | {_bare(name) for name in names} | {name.translate(_SPELT) for name in names}


def _bare(name: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter)
    )
