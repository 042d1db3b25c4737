"""Access lists that read alike, kept once: documents share a few of them."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_FIRST_CAPACITY = 64


class AccessGroups:
    """Numbers each set of grants in use. A number is given anew once nothing has it any more."""

    def __init__(self) -> None:
        self._numbers: dict[frozenset[str], int] = {}
        self._grants: dict[int, frozenset[str]] = {}
        self._used: defaultdict[int, int] = defaultdict(int)
        self._holding: defaultdict[str, set[int]] = defaultdict(set)
        self._arrays: dict[str, NDArray[np.int64]] = {}
        self._free: list[int] = []
        self._capacity = _FIRST_CAPACITY

    def take(self, grants: frozenset[str]) -> int:
        """Return the number of a set of grants, which has one user more now."""
        number = self._numbers.get(grants)
        if number is None:
            number = self._add(grants)
        self._used[number] += 1
        return number

    def release(self, number: int) -> None:
        """Note that a set of grants has one user less."""
        self._used[number] -= 1
        if self._used[number]:
            return
        grants = self._grants.pop(number)
        del self._numbers[grants], self._used[number]
        self._free.append(number)
        for grant in grants:
            self._arrays.pop(grant, None)
            self._holding[grant].discard(number)
            if not self._holding[grant]:
                del self._holding[grant]

    def holding(self, grants: frozenset[str]) -> Mask:
        """Return, by number, which sets have one of these grants."""
        table = np.zeros(self._capacity, np.bool_)
        for grant in grants:
            if grant in self._holding:
                table[self._array(grant)] = True
        return table

    def _add(self, grants: frozenset[str]) -> int:
        number = self._free.pop() if self._free else len(self._grants)
        self._capacity = max(self._capacity, 2 * number)
        self._numbers[grants], self._grants[number] = number, grants
        for grant in grants:
            self._holding[grant].add(number)
            self._arrays.pop(grant, None)
        return number

    def _array(self, grant: str) -> NDArray[np.int64]:
        found = self._arrays.get(grant)
        if found is None:
            numbers = self._holding[grant]
            found = self._arrays[grant] = np.fromiter(numbers, np.int64, len(numbers))
        return found
