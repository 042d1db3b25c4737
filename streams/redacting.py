"""JSON lines without personal data: each redacted as the stage would, whole requests with all their words together."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn

from processors.redact import placeholders
from processors.redact.detection.detecting import is_unscanned
from processors.redact.intake import has_surrogate, validated
from processors.redact.redaction import Draft, Found, Redaction, prepare, rewrite, search
from processors.redact.segments import Words
from processors.redact.vocabulary.standing import LANGUAGES
from schemas.base import DEFAULT_LANGUAGE
from schemas.errors import SluicegateError, Unprocessable
from schemas.ports import Detector, Profile, Span
from schemas.requests import Request
from schemas.tasks import RedactionSpec, TaskSpec

MAX_CHARACTERS = 100_000
"""Of the text of a line that is no whole request, in code points."""

MAX_LINE_BYTES = 16 * MAX_CHARACTERS
"""Any such text fits, however its JSON is escaped."""

_KEY_BYTES = 32
_MAX_ID_CHARACTERS = 256
_EXPECTED = (DEFAULT_LANGUAGE, *sorted(LANGUAGES - {DEFAULT_LANGUAGE}))
_OF_REQUESTS = frozenset({"conversation_id", "fields", "principal", "turns"})

Identity = str | int | float | None
Document = dict[str, object]


@dataclass(frozen=True)
class Answer:
    """What is said of a line."""

    document: Document
    failed: bool = False


@dataclass(frozen=True)
class _Entry:
    """A line that can be searched.

    Attributes:
        scope: within it, a value has one placeholder.
    """

    id: Identity
    draft: Draft
    scope: tuple[str, ...]
    is_request: bool


@dataclass
class LineRedactor:
    """Redacts lines. Placeholders are keyed by a random key of its own, and nothing keeps the originals.

    What cannot be searched is replaced as a whole, whatever a task says: there is nobody who could hold a line.

    Attributes:
        profile: for all words; without one, a request's task says, and strict applies to everything else.
        language: BCP 47 tag, for lines that do not say theirs; without one it is detected.
        tasks: what is known of the tasks that requests name.
    """

    detector: Detector
    profile: Profile | None = None
    language: str | None = None
    tasks: Mapping[str, TaskSpec] = field(default_factory=dict)
    _key: bytes = field(default_factory=partial(os.urandom, _KEY_BYTES), repr=False)
    _seen: int = 0

    async def redact(self, lines: Sequence[bytes | None]) -> list[Answer]:
        """Return an answer for each line, in order; None stands for a line that was too long. Never raises."""
        read = [self._read(line) for line in lines]
        entries = [entry for entry in read if isinstance(entry, _Entry)]
        found = iter(await self._search([entry.draft for entry in entries]))
        return [self._answer(entry, next(found)) if isinstance(entry, _Entry) else entry for entry in read]

    def _read(self, line: bytes | None) -> _Entry | Answer:
        self._seen += 1
        identity: Identity = None
        try:
            document = _parsed(line)
            identity = _identity(document)
            return self._entry(identity, document)
        except SluicegateError as error:
            return _refused(identity, error)
        except Exception:  # noqa: BLE001 - whatever it is, it may quote the text
            return _refused(identity, _unexpected())

    def _entry(self, identity: Identity, document: Document) -> _Entry:
        if document.keys() & _OF_REQUESTS:
            return self._request(identity, validated(document))
        words = Words(_text(document))
        given = document.get("language")
        spoken = given if isinstance(given, str) and given else self.language
        draft = prepare(words, self._spec(None), spoken=spoken, expected=_EXPECTED, limit=MAX_CHARACTERS)
        return _Entry(identity, draft, ("line", str(self._seen)), is_request=False)

    def _request(self, identity: Identity, request: Request) -> _Entry:
        task = self.tasks.get(request.task)
        draft = prepare(
            Words.of(request),
            self._spec(task),
            spoken=request.language or self.language,
            expected=task.languages if task else _EXPECTED,
            declared=task.identifiers if task else (),
        )
        scope = ("conversation", request.tenant, request.conversation_id)
        return _Entry(identity, draft, scope, is_request=True)

    def _spec(self, task: TaskSpec | None) -> RedactionSpec:
        if self.profile is not None:
            return RedactionSpec(profile=self.profile, on_failure="redact")
        declared = task.redaction if task else RedactionSpec()
        return declared.model_copy(update={"on_failure": "redact"})

    async def _search(self, drafts: Sequence[Draft]) -> list[Found]:
        """What was not searched beside others, for want of time, is searched again alone."""
        found = await search(self.detector, drafts)
        if len(drafts) > 1:
            for number, answers in enumerate(found):
                if any(map(is_unscanned, answers)):
                    (found[number],) = await search(self.detector, [drafts[number]])
        return found

    def _answer(self, entry: _Entry, found: Found) -> Answer:
        try:
            redaction = rewrite(entry.draft, found, self._naming(entry.scope))
            return Answer(_shown(entry, redaction))
        except SluicegateError as error:
            return _refused(entry.id, error)
        except Exception:  # noqa: BLE001 - whatever it is, it may quote the text
            return _refused(entry.id, _unexpected())

    def _naming(self, scope: tuple[str, ...]) -> "partial[str]":
        return partial(placeholders.keyed, self._key, "\0".join(scope))


def _parsed(line: bytes | None) -> Document:
    if line is None:
        raise Unprocessable("too_large", f"a line has at most {MAX_LINE_BYTES} bytes")
    document = _json(line)
    if not isinstance(document, dict):
        raise Unprocessable("not_an_object", "a line is a JSON object")
    return document


def _json(line: bytes) -> object:
    reason = "not_json"
    try:
        return json.loads(line.decode("utf-8-sig"), parse_constant=_no_json)
    except UnicodeDecodeError:
        reason = "not_utf8"
    except (ValueError, RecursionError):
        pass
    raise Unprocessable(reason)


def _no_json(_: str) -> NoReturn:
    raise ValueError


def _identity(document: Document) -> Identity:
    match document.get("id"):
        case str(text) if len(text) <= _MAX_ID_CHARACTERS and not has_surrogate(text):
            return text
        case float(number) if math.isfinite(number):
            return number
        case int(number) if not isinstance(number, bool):
            return number
    return None


def _text(document: Document) -> str:
    text = document.get("text")
    if not isinstance(text, str):
        raise Unprocessable("no_text", "a line has a text")
    if len(text) > MAX_CHARACTERS:
        raise Unprocessable("too_large", f"a text has at most {MAX_CHARACTERS} code points")
    if has_surrogate(text):
        raise Unprocessable("bad_characters", "an unpaired surrogate is not text")
    return text


def _unexpected() -> SluicegateError:
    return SluicegateError("redaction_failed", "an unexpected error was withheld")


def _refused(identity: Identity, error: SluicegateError) -> Answer:
    told = {"reason": error.reason, "detail": error.detail}
    return Answer({"id": identity, "error": {name: said for name, said in told.items() if said}}, failed=True)


def _shown(entry: _Entry, redaction: Redaction) -> Document:
    rewritten = redaction.rewritten
    document: Document = {
        "id": entry.id,
        "text": rewritten.own.text,
        "spans": [_span(span) for span in redaction.in_original()],
    }
    if entry.is_request:
        document["fields"] = rewritten.fields(redaction.words)
        document["turns"] = [turn.model_dump() for turn in rewritten.turns]
    return document


def _span(span: Span) -> Document:
    return {"start": span.start, "end": span.end, "entity": span.entity, "score": round(span.score, 2)}
