"""Irreversible redaction of what tools and documents return. No vault holds the originals."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from processors.redact.placeholders import escape
from schemas.ports import Detector, Span

IMPERSONAL = frozenset({"LOCATION", "NAME", "NUMBER", "ORGANIZATION"})
"""What published knowledge may name: places, firms, articles and measures are no personal data there."""


REMEMBERED = 2_048
"""Passages whose redacted text is kept, so that a passage asked for again is not searched again."""


class Sanitiser:
    """Replaces what a detector finds by its type in square brackets, a form that can never be restored.

    Text that looks like a request's placeholder is defused first, so that a document cannot have one restored.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._passages: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def passages(self, texts: Sequence[str], language: str) -> list[str]:
        """Return published texts, redacted but for what is impersonal in them. Raises Retryable."""
        unseen = [text for text in dict.fromkeys(texts) if (text, language) not in self._passages]
        clean = await self._redact(unseen, language, IMPERSONAL)
        fresh = {(text, language): redacted for text, redacted in zip(unseen, clean, strict=True)}
        kept = [fresh.get((text, language)) or self._passages[text, language] for text in texts]
        self._passages.update(fresh)
        while len(self._passages) > REMEMBERED:
            self._passages.popitem(last=False)
        return kept

    async def record(
        self, record: Mapping[str, JsonValue], language: str, known: frozenset[str]
    ) -> dict[str, JsonValue]:
        """Return a record with all its strings redacted, at any depth, but for those in `known`. Raises Retryable."""
        strings = sorted({text for text in _strings(dict(record)) if text and text not in known})
        clean = dict(zip(strings, await self._redact(strings, language), strict=True))
        return {key: _replaced(value, clean) for key, value in record.items()}

    async def _redact(
        self, texts: Sequence[str], language: str, kept: frozenset[str] = frozenset()
    ) -> list[str]:
        defused = [escape(text) for text in texts]
        if not defused:
            return []
        found = await self._detector.detect(defused, language)
        return [
            _without(text, [span for span in spans if span.entity not in kept])
            for text, spans in zip(defused, found, strict=True)
        ]


def _without(text: str, spans: Sequence[Span]) -> str:
    end, parts = 0, []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start >= end:
            parts += [text[end : span.start], f"[{span.entity}]"]
        end = max(end, span.end)
    return "".join(parts) + text[end:]


def _strings(value: JsonValue) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return []


def _replaced(value: JsonValue, clean: Mapping[str, str]) -> JsonValue:
    if isinstance(value, str):
        return clean.get(value, value)
    if isinstance(value, dict):
        return {key: _replaced(item, clean) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, clean) for item in value]
    return value
