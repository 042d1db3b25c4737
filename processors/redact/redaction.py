"""Words in, words without personal data out: what the stage does to a request, and the command to a line.

In three steps, so that the middle one can be taken for many at once: `prepare` takes words apart, `search` asks the
detector by language and profile, `rewrite` decides what is replaced and puts everything together again.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from processors.redact import identifiers, language, placeholders, propagation
from processors.redact.detection.detecting import is_unscanned, whole
from processors.redact.hints import entity_of_field
from processors.redact.identifiers import Mention
from processors.redact.readings import json_strings
from processors.redact.readings.normalising import normalised_view
from processors.redact.rules.spans import merge
from processors.redact.segments import Edit, Piece, Place, Rewritten, Segment, Words, split
from schemas.base import DEFAULT_LANGUAGE
from schemas.errors import Retryable, Unprocessable
from schemas.ports import Detector, Profile, Span
from schemas.requests import MAX_TEXT_CHARACTERS, Finding
from schemas.tasks import IdentifierSpec, RedactionSpec

Naming = Callable[[str, str], str]
"""Gives the placeholder of an entity type and a value."""

Found = list[Sequence[Span]]
"""What was found in each segment of a draft."""

_WORDY = frozenset({"LOCATION", "NAME", "ORGANIZATION", "PERSON"})
_VAGUE = _WORDY | {"NUMBER"}
_SHORTEST_CALLED = 5
"""Shorter keys are abbreviations that look like names."""


@dataclass(frozen=True)
class Draft:
    """Words taken apart, before anything was looked for.

    Attributes:
        language: BCP 47 tag.
        identifiers: what stays in clear.
    """

    words: Words
    segments: Sequence[Segment]
    language: str
    spec: RedactionSpec
    identifiers: Sequence[IdentifierSpec] = ()

    @property
    def holds(self) -> bool:
        """Whether a text that cannot be searched keeps all of it back."""
        return self.spec.on_failure == "hold"

    def profile_of(self, segment: Segment) -> Profile:
        """A key's words are its publisher's, so only what has a shape counts there."""
        match segment.place:
            case Place.KEY:
                return Profile.PATTERNS
            case Place.VALUE:
                return self.spec.profile_of(segment.name)
        return self.spec.profile


def prepare(
    words: Words,
    spec: RedactionSpec,
    *,
    spoken: str | None = None,
    expected: Sequence[str] = (DEFAULT_LANGUAGE,),
    declared: Sequence[IdentifierSpec] = (),
    limit: int = MAX_TEXT_CHARACTERS,
) -> Draft:
    """Take words apart.

    Args:
        spoken: BCP 47 tag of their language, if it is known.
        expected: languages to choose from where it is not, most usual first.
        limit: code points that a text may have.

    Raises:
        Unprocessable: `too_large`, if a text is longer and words of this kind are held.
    """
    segments = split(words, limit)
    tag = language.plain(spoken or language.detect(segments[0].text, expected))
    draft = Draft(words, segments, tag, spec, declared)
    if draft.holds and any(segment.overlong for segment in segments):
        raise Unprocessable("too_large", "a text is too long once its characters are written out")
    return draft


@dataclass(frozen=True, slots=True)
class _Question:
    """A text to be searched, and where its answer belongs."""

    draft: int
    segment: int
    text: str
    holds: bool


async def search(detector: Detector, drafts: Sequence[Draft]) -> list[Found]:
    """Return what a detector finds in the drafts, asking it once for each language and profile.

    What cannot be searched is one span of type `UNSCANNED`, unless it is to be held. A call that fails for several
    texts is made again for each alone, so that one text does not take the others with it.

    Raises:
        Retryable: as the detector, or `detector_timed_out`, if words that are to be held cannot be searched.
    """
    found: list[Found] = [[whole(segment.text) for segment in draft.segments] for draft in drafts]
    asked = _questions(drafts)
    answers = await asyncio.gather(*(_answers(detector, questions, *how) for how, questions in asked.items()))
    for questions, spans in zip(asked.values(), answers, strict=True):
        for question, answer in zip(questions, spans, strict=True):
            found[question.draft][question.segment] = answer
    return found


def _questions(drafts: Sequence[Draft]) -> Mapping[tuple[str, Profile], list[_Question]]:
    asked: defaultdict[tuple[str, Profile], list[_Question]] = defaultdict(list)
    for number, draft in enumerate(drafts):
        for place, segment in enumerate(draft.segments):
            if not segment.overlong:
                question = _Question(number, place, segment.text, draft.holds)
                asked[draft.language, draft.profile_of(segment)].append(question)
    return asked


async def _answers(
    detector: Detector, questions: Sequence[_Question], spoken: str, profile: Profile
) -> list[Sequence[Span]]:
    held = any(question.holds for question in questions)
    try:
        answers = await _detected(detector, [question.text for question in questions], spoken, profile)
    except Exception:
        if held:
            raise
        answers = None
    if answers is None and len(questions) > 1:
        alone = [await _answers(detector, [question], spoken, profile) for question in questions]
        return [answer for (answer,) in alone]
    if held and any(is_unscanned(spans) for spans in answers or ()):
        raise Retryable("detector_timed_out", "a text could not be searched in time")
    return answers or [whole(question.text) for question in questions]


async def _detected(
    detector: Detector, texts: Sequence[str], spoken: str, profile: Profile
) -> list[Sequence[Span]] | None:
    found = await detector.detect(texts, spoken, profile)
    if len(found) != len(texts):
        raise Retryable("detector_failed", "the detector did not answer for every text")
    return [*found]


@dataclass(frozen=True)
class Redaction:
    """Words without personal data.

    Attributes:
        spans: what is replaced in each piece, in the segment's own code points; the text's are the first.
        originals: the values replaced, by placeholder.
        identifiers: the values the task wants in clear, by name.
    """

    words: Words
    rewritten: Rewritten
    spans: Sequence[Sequence[Span]]
    originals: Mapping[str, str]
    identifiers: Mapping[str, str]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """How many values of each type were replaced."""
        counts = Counter(placeholders.entity_of(placeholder) for placeholder in self.originals)
        return tuple(Finding(entity=entity, count=count) for entity, count in sorted(counts.items()))

    def in_original(self) -> list[Span]:
        """Return what is replaced in the text, in code points of the text as it was written."""
        segment = self.rewritten.own.segment
        spans = self.spans[0]
        if segment.changed and not segment.overlong:
            view = normalised_view(self.words.text)
            spans = [view.original(span) for span in spans]
        return _apart(spans)

    @property
    def unscanned(self) -> int:
        """How many texts were replaced because they could not be searched."""
        return sum(is_unscanned(spans) for spans in self.spans)


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Several spans may come from one character, which then belongs to the first."""
    apart: list[Span] = []
    for span in spans:
        start = max(span.start, apart[-1].end if apart else 0)
        if start < span.end:
            apart.append(span if start == span.start else replace(span, start=start))
    return apart


def rewrite(draft: Draft, found: Found, naming: Naming) -> Redaction:
    """Replace what was found, and what was found elsewhere in the same words, by placeholders.

    Raises:
        Unprocessable: `placeholder_collision`.
    """
    spans, mentions = _decide(draft, found)
    originals = _Originals(naming)
    pieces = [originals.rewrite(segment, each) for segment, each in zip(draft.segments, spans, strict=True)]
    return Redaction(
        draft.words,
        Rewritten(pieces),
        spans,
        originals.values,
        identifiers.collect(zip(draft.segments, mentions, strict=True)),
    )


def _decide(draft: Draft, found: Found) -> tuple[list[list[Span]], list[list[Mention]]]:
    """Return for each piece the spans to replace and the identifiers to leave."""
    segments = draft.segments
    detected = [[*_credible(segment, spans)] for segment, spans in zip(segments, found, strict=True)]
    mentions = [
        identifiers.find(segment.text, draft.identifiers, spans)
        for segment, spans in zip(segments, detected, strict=True)
    ]
    known = propagation.terms(
        (
            (segment, identifiers.keep(segment.text, spans, kept))
            for segment, spans, kept in zip(segments, detected, mentions, strict=True)
        ),
        draft.language,
    )
    chosen = [
        identifiers.keep(
            segment.text, merge(segment.text, [*spans, *propagation.find(segment.text, known)]), kept
        )
        for segment, spans, kept in zip(segments, detected, mentions, strict=True)
    ]
    return chosen, mentions


def _credible(segment: Segment, spans: Sequence[Span]) -> Sequence[Span]:
    """A key names nobody by its words alone; but it may tell what its value is, where that does not tell by its shape.

    What came out of a system of record may be kept by somebody's name there, and so its keys are searched for persons.
    """
    if is_unscanned(spans):
        return spans
    if segment.place is Place.KEY:
        return [span for span in spans if span.entity not in _WORDY]
    if segment.place is Place.SLUG:
        called = len(segment.text) >= _SHORTEST_CALLED and any(span.entity == "PERSON" for span in spans)
        unworded = [span for span in spans if span.entity not in _WORDY]
        return [Span(0, len(segment.text), "PERSON", 1.0)] if called else unworded
    hinted = entity_of_field(segment.name) if segment.place is Place.VALUE else None
    if hinted is None or not segment.text.strip():
        return spans
    valued = merge(segment.text, [Span(0, len(segment.text), hinted, 1.0)])
    shaped = len(spans) == 1 and hinted in _WORDY and spans[0].entity not in _VAGUE
    return spans if shaped and (spans[0].start, spans[0].end) == (valued[0].start, valued[0].end) else valued


@dataclass
class _Originals:
    """The values replaced so far, by placeholder."""

    naming: Naming
    values: dict[str, str] = field(default_factory=dict)

    def rewrite(self, segment: Segment, spans: Sequence[Span]) -> Piece:
        """Return the piece with a placeholder in place of each span; spans are in order and do not overlap."""
        unquoted = json_strings.numbers(segment.text) if spans else {}
        return Piece(segment, tuple(self._edit(segment, span, unquoted) for span in spans))

    def _edit(self, segment: Segment, span: Span, unquoted: Mapping[tuple[int, int], str]) -> Edit:
        """In the place of a number the placeholder is quoted, so that JSON stays JSON."""
        placeholder = self._placeholder(span.entity, segment.text[span.start : span.end])
        quote = unquoted.get((span.start, span.end), "")
        return Edit(span.start, span.end, f"{quote}{placeholder}{quote}")

    def _placeholder(self, entity: str, value: str) -> str:
        placeholder = self.naming(entity, value)
        first = self.values.setdefault(placeholder, value)
        if placeholders.canonical(entity, first) != placeholders.canonical(entity, value):
            raise Unprocessable("placeholder_collision", "two values have the same placeholder")
        return placeholder
