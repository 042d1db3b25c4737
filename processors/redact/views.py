"""Other readings of a text, in which what was disguised stands in clear; every place in one leads back to the text.

A view is searched as the text itself is, and what is found in it is covered where it came from.
"""

import re
from collections.abc import Iterator

from processors.redact.decoding import decoded
from processors.redact.normalising import normalised_view
from processors.redact.readings import View, unchanged

__all__ = ["View", "views"]

_CONTEXT = 96
"""Characters on either side of what reads otherwise that are read with it."""

_ORDINARY = re.compile(r"[A-Za-z0-9\s.,;:!?'\"()/-]*")


def views(text: str) -> tuple[View, ...]:
    """Return the other readings of a text that are worth searching: excerpts around what reads otherwise in them.

    All together they are hardly longer than the text. For ordinary text there are none.
    """
    view = decoded(unchanged(text) if text.isascii() else normalised_view(text))
    return tuple(_excerpts(text, view))


def _excerpts(text: str, view: View) -> Iterator[View]:
    end = -1
    start = 0
    for place in _changed(text, view):
        if place - _CONTEXT > end:
            if end >= 0:
                yield _between_words(view, start, end)
            start = place - _CONTEXT
        end = place + _CONTEXT
    if end >= 0:
        yield _between_words(view, start, end)


def _changed(text: str, view: View) -> Iterator[int]:
    """Yield the positions in a reading that are not simply copied from the text."""
    last = view.starts[0] if view.starts else 0
    for place, (character, start, end) in enumerate(zip(view.text, view.starts, view.ends, strict=True)):
        if start != last or end - start != 1 or text[start] != character:
            yield place
        last = end


def _between_words(view: View, start: int, end: int) -> View:
    """Return an excerpt that begins and ends at a blank."""
    text = view.text
    left = max(0, start)
    if left:
        left = max(
            text.find(" ", left - _CONTEXT, left), text.find("\n", left - _CONTEXT, left), left - _CONTEXT, 0
        )
    right = min(len(text), end)
    following = text.find(" ", right, right + _CONTEXT)
    return view.excerpt(left, following if following >= 0 else min(len(text), right + _CONTEXT))
