"""Whether figures stand in what a text rests on: the same value, in whatever notation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from processors.claims.calendar_dates import Day
from processors.claims.figures import Figure, figures, plain
from processors.claims.units import mentioned

_NUMBERS = frozenset({"number", "part"})


@dataclass(frozen=True)
class Ground:
    """A text that figures may be taken from."""

    text: str

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """All that it says, numbers in words of any language included."""
        return figures(self.text)

    @cached_property
    def dimensions(self) -> frozenset[str]:
        """What the units in it measure."""
        return mentioned(plain(self.text))

    @cached_property
    def _known(self) -> dict[object, list[Figure]]:
        known: dict[object, list[Figure]] = {}
        for figure in dict.fromkeys(self.figures):
            for key in _keys(figure):
                known.setdefault(key, []).append(figure)
        return known

    def has(self, said: Figure) -> bool:
        """Whether it says this figure."""
        return any(self._is(said, known) for key in _keys(said) for known in self._known.get(key, ()))

    def _is(self, said: Figure, known: Figure) -> bool:
        if said.kind == "date":
            return known.kind == "date" and any(
                _agree(day, other) for day in said.values for other in known.values
            )
        if said.kind in _NUMBERS and known.kind in _NUMBERS:
            return self._same_number(said, known)
        if {said.kind, known.kind} <= {"phone", "number", "code"} and said.kind != known.kind:
            return not _written(said).isdisjoint(_written(known))
        return said.kind == known.kind and not said.values.isdisjoint(known.values)

    def _same_number(self, said: Figure, known: Figure) -> bool:
        if said.unit is None or (known.unit is None and known.kind == "number"):
            fits = said.unit is None or said.unit.dimension in self.dimensions
            return fits and not said.values.isdisjoint(known.values)
        if known.unit is None or said.unit.dimension != known.unit.dimension:
            return False
        return not _sized(said).isdisjoint(_sized(known))


def unsupported(said: Iterable[Figure], grounds: Sequence[Ground]) -> tuple[Figure, ...]:
    """Return the figures that none of these texts says."""
    return tuple(
        figure
        for figure in dict.fromkeys(said)
        if figure.counts and not any(each.has(figure) for each in grounds)
    )


def _keys(figure: Figure) -> Iterator[object]:
    """Yield what two figures that may be the same have in common, so that not all need to be compared."""
    if figure.kind == "date":
        yield figure.kind
        return
    yield from _written(figure)
    yield from figure.values
    if figure.unit is not None:
        yield from ((figure.unit.dimension, value) for value in _sized(figure))


def _agree(day: object, other: object) -> bool:
    return isinstance(day, Day) and isinstance(other, Day) and day.agrees(other)


def _sized(figure: Figure) -> frozenset[Decimal]:
    size = figure.unit.size if figure.unit else Decimal(1)
    return frozenset(value * size for value in figure.values if isinstance(value, Decimal))


def _written(figure: Figure) -> frozenset[str]:
    return frozenset(str(value) for value in figure.values)
