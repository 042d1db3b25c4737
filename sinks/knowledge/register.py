"""All documents an index knows, and which of them are within a scope, as one mask for all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.retrieval import Scope
from sinks.knowledge.batch import Key
from sinks.knowledge.groups import AccessGroups, Mask
from sinks.knowledge.scope import Known, Rule

NOBODY = -1
"""The document of rows that are no longer there; its place in every mask is false."""

ALWAYS = 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_CAPACITY = 1024


class _Columns(NamedTuple):
    """What decides about the passages of each document, by its ordinal."""

    readable: Mask
    group: NDArray[np.int32]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    kind: NDArray[np.int32]
    area: NDArray[np.int32]


def microseconds(moment: datetime) -> int:
    """Return a point in time as an integer that orders like it."""
    return (moment - _EPOCH) // _MICROSECOND


def begins(rule: Rule) -> int:
    """Return from when on a document is valid, in microseconds."""
    return microseconds(rule.head.valid_from) if rule.head.valid_from else -ALWAYS


def ends(rule: Rule) -> int:
    """Return from when on a document is no longer valid, in microseconds."""
    return microseconds(rule.head.valid_until) if rule.head.valid_until else ALWAYS


class Register:
    """Documents by ordinal. An ordinal is given to another document once its own is forgotten.

    Not safe for several threads by itself.
    """

    def __init__(self) -> None:
        self._ordinals: dict[Key, int] = {}
        self._known: dict[int, Known] = {}
        self._behind: set[int] = set()
        self._free: list[int] = []
        self._next = 0
        self._groups = AccessGroups()
        self._kinds: dict[str, int] = {}
        self._areas: dict[str, int] = {"": 0}
        self._columns = _columns(_FIRST_CAPACITY)

    def ordinal(self, key: Key) -> int:
        """Return a document's ordinal, a new one where it has none."""
        if key not in self._ordinals:
            self.admit(key, self._free.pop() if self._free else self._next)
        return self._ordinals[key]

    def admit(self, key: Key, ordinal: int) -> None:
        """Let a document have this ordinal."""
        self._ordinals[key] = ordinal
        self._next = max(self._next, ordinal + 1)
        while self._next >= len(self._columns.readable):
            self._columns = _Columns(*(np.concatenate([each, np.zeros_like(each)]) for each in self._columns))

    def find(self, key: Key) -> Known | None:
        """Return what is known of a document."""
        ordinal = self._ordinals.get(key)
        return None if ordinal is None else self._known.get(ordinal)

    def at(self, ordinal: int) -> Known | None:
        """Return what is known of the document with the ordinal."""
        return self._known.get(ordinal)

    def all(self) -> Iterator[Known]:
        """Yield what is known of each document."""
        yield from self._known.values()

    def put(self, key: Key, known: Known) -> None:
        """Let this be known of a document."""
        ordinal = self.ordinal(key)
        old = self._known.get(ordinal)
        self._known[ordinal] = known
        if old is None or old.indexed is not known.indexed:
            self._leave_group(ordinal)
            self._enter(ordinal, known.indexed)
        if known.behind:
            self._behind.add(ordinal)
        else:
            self._behind.discard(ordinal)

    def forget(self, key: Key) -> None:
        """Let nothing be known of a document, whose ordinal is free then."""
        ordinal = self._ordinals.pop(key, None)
        if ordinal is not None:
            self._leave_group(ordinal)
            self._known.pop(ordinal, None)
            self._behind.discard(ordinal)
            self._free.append(ordinal)

    def barred(self, scope: Scope | None) -> list[int]:
        """Return the documents that a scope does not permit, whatever their passages were indexed under."""
        return [ordinal for ordinal in self._behind if not self._known[ordinal].permits(scope)]

    def mask(self, scope: Scope | None) -> Mask:
        """Return, by ordinal, whose passages are within a scope."""
        columns = self._columns
        within = columns.readable.copy()
        if scope is not None:
            at = microseconds(scope.at)
            within &= self._groups.holding(scope.grants)[columns.group]
            within &= (columns.begin <= at) & (at < columns.end)
            self._narrow(within, scope)
        within[self.barred(scope)] = False
        return within

    def fill_gaps(self) -> None:
        """Let ordinals that no document has be given to new ones."""
        taken = set(self._ordinals.values())
        self._free = [ordinal for ordinal in range(self._next) if ordinal not in taken]

    def _narrow(self, within: Mask, scope: Scope) -> None:
        if scope.document_types:
            within &= _wanted(self._kinds, scope.document_types)[self._columns.kind]
        if scope.product_areas:
            within &= _wanted(self._areas, scope.product_areas | {""})[self._columns.area]

    def _enter(self, ordinal: int, rule: Rule | None) -> None:
        if rule is None:
            return
        columns = self._columns
        columns.group[ordinal] = self._groups.take(rule.grants)
        columns.begin[ordinal], columns.end[ordinal] = begins(rule), ends(rule)
        columns.kind[ordinal] = self._kinds.setdefault(rule.head.document_type, len(self._kinds))
        columns.area[ordinal] = self._areas.setdefault(rule.head.product_area, len(self._areas))
        columns.readable[ordinal] = True

    def _leave_group(self, ordinal: int) -> None:
        if self._columns.readable[ordinal]:
            self._columns.readable[ordinal] = False
            self._groups.release(int(self._columns.group[ordinal]))


def _columns(capacity: int) -> _Columns:
    whole, moments = np.zeros(capacity, np.int32), np.zeros(capacity, np.int64)
    return _Columns(np.zeros(capacity, np.bool_), whole, moments, moments.copy(), whole.copy(), whole.copy())


def _wanted(numbers: dict[str, int], names: frozenset[str]) -> Mask:
    table = np.zeros(max(1, len(numbers)), np.bool_)
    table[[numbers[name] for name in names if name in numbers]] = True
    return table
