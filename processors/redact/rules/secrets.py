"""Keys, tokens, passwords and the strings that contain them; the whole value is covered.

What only looks random is taken for a key too, but not a UUID by itself (it names things, and other rules replace it
where numbers go), nor a digest that is called one, nor an image.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from processors.redact.rules import headers, key_blocks, named_secrets, provider_keys, told_codes
from processors.redact.rules.provider_keys import has_known_key
from processors.redact.rules.randomness import is_random, odd_share
from processors.redact.rules.spans import matches
from schemas.ports import Span

__all__ = ["find", "has_known_key"]

_RUN = re.compile(r"[A-Za-z0-9_+/=.~%-]{16,}")
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,64}=(?=[^=])")
_HOST = re.compile(r"//[\w.-]+/")
_DIGEST_NAMES = (
    "sha", "sha1", "sha-1", "sha256", "sha-256", "sha384", "sha-384", "sha512", "sha-512", "md5", "commit", "commits",
    "hash", "etag", "checksum", "pr\u00fcfsumme", "digest", "fingerprint", "revision", "traceparent", "tree", "parent",
    "merge", "blob", "_id", "trace_id", "traceid", "trace-id", "trace id", "spanid", "span-id", "requestid", "request-id",
    "request id", "correlationid", "correlation-id", "correlation id", "build id", "object id", "objectid",
)  # fmt: skip
_DIGEST_JOINTS = " \t:=#@/(-\"'\\W"
_DIGEST_VALUE = re.compile(r"[0-9a-fA-F]{16,128}|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_DIGEST_REACH = 48
_IMAGE = re.compile(
    r"(?:data:(?:image|font|audio|video)/[\w.+-]{1,40}(?:;[\w=-]{1,40}){0,3},|(?<![\w+/])(?=iVBORw0KGgo|/9j/|R0lGOD|UklGR|PHN2Zy|AAAAIGZ0eX|JVBERi0))"
    r"[A-Za-z0-9+/=%_-]*+(?:\r?\n[A-Za-z0-9+/]{32,}=*+)*+(?:\r?\n[A-Za-z0-9+/]+=+)?"
)
_WRAPPED = re.compile(r"[ \t]*\r?\n[ \t>]{0,8}(?P<rest>[A-Za-z0-9+/_-]{4,}={0,2})(?=[ \t]*(?:\r?\n|$))")
_PLACEHOLDER = re.compile(r"[A-Z][A-Z_]{2,32}_[0-9a-f]{6,16}")
_SIGNS_BEFORE = re.compile(r"(?<![^\s\"'=(\[{,;<>])(?P<said>[\w+./~%!$#*^?@|&:-]{1,128}[!$#*^?@|~&:])$")
_SIGNS_AFTER = re.compile(r"(?:[!$#*^?@|~&:]{1,8}[\w+./~%=-]{1,64}){1,16}[#$*^@|~&]{0,8}|[#$*^@|~&]{1,8}")
_SIGNS = frozenset("!$#*^?@|~&:")
_SIGNED = 128
_FAR = sys.maxsize
_ODD = 0.25
_LICENCE = re.compile(
    r"(?<![A-Za-z0-9-])(?=[A-Z-]*\d)(?=[0-9-]*[A-Z])(?:[A-Z0-9]{5}-){4}[A-Z0-9]{5}(?![A-Za-z0-9-])"
)
_LINE = 40
_CLOSING = ".~%"


def find(text: str) -> Iterator[Span]:
    """Yield secrets; spans may overlap. Clean text without long runs costs a few passes."""
    if _RUN.search(text):
        yield from _keys(text)
    yield from key_blocks.find(text)
    yield from headers.find(text)
    yield from named_secrets.find(text)
    yield from told_codes.find(text)


def _keys(text: str) -> Iterator[Span]:
    images = [match.span() for match in _IMAGE.finditer(text)]
    licences = matches(_LICENCE, text, "SECRET", 0.45)
    for span in (*provider_keys.find(text), *licences, *_random_runs(text)):
        if not _is_inside(span, images):
            yield span


def _is_inside(span: Span, stretches: Sequence[tuple[int, int]]) -> bool:
    """Whether one of some ascending stretches that do not overlap holds a span."""
    place = bisect_right(stretches, (span.start, _FAR)) - 1
    return place >= 0 and span.end <= stretches[place][1]


def _random_runs(text: str) -> Iterator[Span]:
    for match in _RUN.finditer(text):
        start = _begin(text, match)
        value = text[start : match.end()].rstrip(_CLOSING)
        if is_random(value) and not (_is_digest(text, start, value) or _PLACEHOLDER.fullmatch(value)):
            first, last = _word_around(text, start, start + len(value))
            yield Span(first, _wrapped(text, last, len(value)), "SECRET", 0.45)


def _word_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where a value begins and ends that holds signs: `Aw9!` before a random run belongs to it, a label does not."""
    adjoins = text[start - 1 : start] in _SIGNS
    before = _SIGNS_BEFORE.search(text, max(0, start - _SIGNED), start) if adjoins else None
    after = _SIGNS_AFTER.match(text, end, end + _SIGNED)
    belongs = before and (any(map(str.isdigit, before["said"])) or odd_share(before["said"]) >= _ODD)
    return before.start() if before and belongs else start, after.end() if after else end


def _begin(text: str, run: re.Match[str]) -> int:
    """Return where a run's value begins: behind the name it is assigned to, or the host it is asked of."""
    named = _NAME.match(text, run.start(), run.end()) or _HOST.match(text, run.start(), run.end())
    return named.end() if named else run.start()


def _is_digest(text: str, start: int, value: str) -> bool:
    """Whether hexadecimal digits are called a digest or an id; any digest in an assignment to a key is found by name."""
    tail = value.rpartition("/")[2]
    if not _DIGEST_VALUE.fullmatch(tail):
        return False
    end = start + len(value) - len(tail)
    before = text[max(0, end - _DIGEST_REACH) : end].rstrip(_DIGEST_JOINTS).lower()
    if before.endswith(")"):
        before = before.rpartition("(")[0].rstrip()
    return before.endswith(_DIGEST_NAMES)


def _wrapped(text: str, end: int, length: int) -> int:
    """Return the end of what is broken over two lines; a third line follows from the second."""
    match = _WRAPPED.match(text, end) if length >= _LINE else None
    if match is None or match["rest"].isalpha():
        return end
    return match.end("rest")
