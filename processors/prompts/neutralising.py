"""What is taken out of data before a model reads it: instructions, tool-like syntax, chat tokens, look-alike marks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from processors.redact.readings.normalising import normalise
from processors.redact.signals import HIDDEN_TEXT, find
from schemas.knowledge import Chunk, Signal

REMOVED = "[...]"
"""What a model reads where something was taken out; a longer mark might be taken for a word of the text."""

REMEMBERED = 512
"""Texts whose signs are kept: a passage is shown often, and reading it takes ten milliseconds."""

_OWN_SPAN = frozenset({"role_tag", "tool_syntax", HIDDEN_TEXT})
"""Signs that are the whole of what is wrong. Of the others, the sentence around them is an instruction as well, and so is
what follows in the paragraph: after "ignore the above" comes what the model shall do instead, without a sign of its own."""

_SENTENCE_EDGE = re.compile(r"(?<=[.!?\u2026])\s+|\n")
_PARAGRAPH_EDGE = re.compile(r"\n")
_MOST_AROUND = 600
_CHAT_TOKENS = re.compile(
    r"<[|\uff5c][^<>|\uff5c\n]{1,60}[|\uff5c]>|<\|[a-z_]{2,40}|[a-z_]{2,40}\|>"
    r"|</?(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|think|thinking|tool_calls?|tool_response|tools|functions?"
    r"|function_calls?|system|assistant|developer|user|human|im_start|im_end|end_of_text|begin_of_text|endoftext)\b[^<>\n]{0,60}>"
    r"|</?(?:[a-z]+:)?(?:invoke|parameter|function_calls)\b[^<>\n]{0,80}>|<(?:function|tool)=[^<>\n]{0,60}>"
    r"|\[/?(?:INST|SYS|SYSTEM|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|/AVAILABLE_TOOLS)\]|<</?SYS>>"
    r"|^[ \t#>*]{0,8}(?:system|assistant|developer|human|instructions?|response)[ \t*]{0,3}:(?=[ \t]|$)"
    r"|^#{2,4} ?(?:instruction|response|system|input|human|assistant)s?\b:?",
    re.IGNORECASE | re.MULTILINE,
)
_CALLS = re.compile(
    r"\{[^{}\n]{0,40}[\"'](?:lookup|look_up|tool|tool_calls?|function|function_call|arguments|citations)[\"'][ \t]{0,3}:"
)
_MARK_LIKE = re.compile(
    r"[\[({<\u3010\u27e6\u2039]\s{0,3}(?:/|end|begin)?\s{0,3}[0-9a-f]{16,}[^\])}>\u3011\u27e7\u203a\n]{0,20}[\])}>\u3011\u27e7\u203a]?|[0-9a-f]{32,}|\[example\]",
    re.IGNORECASE,
)

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as a model is shown it, and how many stretches were taken out of it."""

    text: str
    removed: int = 0


def document(text: str, marks: Iterable[Signal] = ()) -> Shown:
    """Return text that nobody in this conversation has written, without what could instruct."""
    return _without(text, instructions(text, marks))


def own_words(text: str) -> Shown:
    """Return the requester's present message: its sense is theirs, but neither tokens nor marks may be forged."""
    return _without(text, _merged((*_spans(_CHAT_TOKENS, text), *_spans(_MARK_LIKE, text))))


def of_chunk(chunk: Chunk) -> Shown:
    """Return a passage as it is shown."""
    return document(chunk.text, chunk.marks)


def is_mark_like(text: str) -> bool:
    """Whether something in a text could be taken for a mark around data."""
    return bool(_MARK_LIKE.search(text))


def instructions(text: str, marks: Iterable[Signal] = ()) -> Spans:
    """Return where a text would instruct a model or imitate what is around it, also beyond what was marked before."""
    found = [*marks, *_signs(text)]
    signs = (_widened(text, signal) for signal in found if signal.start < signal.end)
    forged = (span for pattern in (_CHAT_TOKENS, _CALLS, _MARK_LIKE) for span in _spans(pattern, text))
    return _merged((*signs, *forged))


@lru_cache(maxsize=REMEMBERED)
def _signs(text: str) -> tuple[Signal, ...]:
    return tuple(find(text))


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in pattern.finditer(text))


def _widened(text: str, signal: Signal) -> tuple[int, int]:
    start, end = signal.start, min(signal.end, len(text))
    if signal.kind in _OWN_SPAN:
        return start, end
    left = max(
        (edge.end() for edge in _SENTENCE_EDGE.finditer(text, max(0, start - _MOST_AROUND), start)),
        default=0,
    )
    right = _PARAGRAPH_EDGE.search(text, end, end + _MOST_AROUND)
    return max(left, start - _MOST_AROUND, 0), right.start() if right else min(len(text), end + _MOST_AROUND)


def _merged(spans: Iterable[tuple[int, int]]) -> Spans:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def _without(text: str, spans: Spans) -> Shown:
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], REMOVED]
        at = end
    shown = normalise("".join([*parts, text[at:]])).text
    again = _CHAT_TOKENS.sub(REMOVED, _MARK_LIKE.sub(REMOVED, shown))
    return Shown(again, len(spans) + int(again != shown))
