"""Other readings of a text, in which what was disguised stands in clear; every place in one leads back to the text.

A view is searched as the text itself is, and what is found in it is covered where it came from.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.ports import Span


@dataclass(frozen=True, slots=True)
class View:
    """A reading of a text.

    Attributes:
        text: what it reads.
        starts: ascending positions in `text` at which a stretch begins; the first is 0.
        origins: for each stretch, where it begins in the original, and the original's length at the end:
            one more than `starts`. A position inside a stretch lies as far into the original's stretch, where both
            are of one length, else anywhere in it, so that all of it is covered.
    """

    text: str
    starts: Sequence[int]
    origins: Sequence[int]

    def original(self, span: Span) -> Span:
        """Return a span of this reading as one of the original: all that it came from."""
        first = bisect_right(self.starts, span.start) - 1
        last = bisect_right(self.starts, max(span.start, span.end - 1)) - 1
        return replace(span, start=self._from(first, span.start), end=self._until(last, span.end))

    def _from(self, stretch: int, position: int) -> int:
        into = position - self.starts[stretch] if self._is_even(stretch) else 0
        return self.origins[stretch] + into

    def _until(self, stretch: int, position: int) -> int:
        if self._is_even(stretch):
            return self.origins[stretch] + position - self.starts[stretch]
        return self.origins[stretch + 1]

    def _is_even(self, stretch: int) -> bool:
        end = self.starts[stretch + 1] if stretch + 1 < len(self.starts) else len(self.text)
        return end - self.starts[stretch] == self.origins[stretch + 1] - self.origins[stretch]
