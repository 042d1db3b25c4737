"""Marks in place of personal values that nobody restores: a type and, where several are named, a number."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain, combinations

from processors.redact.placeholders import canonical

_NAMES = frozenset({"NAME", "PERSON"})
_MOST_PARTS = 5


class Marks:
    """Numbers values by type in the order they are named; a number that would tell nothing is left out."""

    def __init__(self) -> None:
        self._provisional: dict[tuple[str, str], str] = {}
        self._named: dict[str, tuple[str, int]] = {}
        self._highest: Counter[str] = Counter()
        self._people: defaultdict[str, _People] = defaultdict(_People)

    def provisional(self, entity: str, value: str) -> str:
        """Return a mark that no other value has, and that tells nothing of it."""
        form = canonical(entity, value)
        mark = self._provisional.setdefault((entity, form), f"[{entity} #{len(self._provisional)}]")
        if mark not in self._named:
            self._named[mark] = entity, self._number(entity, form)
        return mark

    def _number(self, entity: str, form: str) -> int:
        """Somebody's first or last name alone has the number of the whole."""
        new = self._highest[entity] + 1
        number = self._people[entity].number(form, new) if entity in _NAMES else new
        self._highest[entity] = max(self._highest[entity], number)
        return number

    def final(self, mark: str) -> str:
        """Return a mark as it is to be read, once all values are known."""
        entity, number = self._named[mark]
        return f"[{entity} {number}]" if self._highest[entity] > 1 else f"[{entity}]"


class _People:
    """Numbers of names, by their words and by what may be said of them for short."""

    def __init__(self) -> None:
        self._whole: dict[frozenset[str], int] = {}
        self._short: dict[frozenset[str], int] = {}

    def number(self, name: str, new: int) -> int:
        """Return the number of a name that this one is part of, or that is part of it; else the new one."""
        words = frozenset(name.split())
        parts = [words, *_parts(words)]
        alike = [self._whole[part] for part in parts if part in self._whole]
        number = min([*alike, self._short.get(words, new), new])
        self._whole.setdefault(words, number)
        for part in parts:
            self._short.setdefault(part, number)
        return number


def _parts(words: frozenset[str]) -> Iterator[frozenset[str]]:
    """Yield all that a name may be shortened to; of a long one, its single words."""
    most = len(words) if len(words) <= _MOST_PARTS else 2
    return map(frozenset, chain.from_iterable(combinations(sorted(words), size) for size in range(1, most)))
