"""Further encodings undone: calls that make characters, base85, and groups of base64 and hexadecimal digits.

What decodes to anything but readable text is left as it is.
"""

import re
import unicodedata
from base64 import a85decode, b64decode, b85decode
from collections.abc import Callable, Iterator
from itertools import product

from processors.redact.readings.reading import Change

_CALLS = re.compile(
    r"(?:(?<![\w.])[A-Za-z_][\w.]{0,20}[ ]?\([ ]?(?:0[xX][0-9A-Fa-f]{2}|\d{2,3})[ ]?\)[ +.&|,;\n]{0,4}){4,400}(?<=\))"
)
_CALLED = re.compile(r"\([ ]?(0[xX][0-9A-Fa-f]{2}|\d{2,3})[ ]?\)")
_NAMED = re.compile(r"\\N\{([A-Z0-9 -]{1,80})\}")
_ASCII85 = re.compile(r"<~[!-uz\s]{5,800}~>")
_BASE85 = re.compile(
    r"(?<![^\s\"'])(?=[A-Za-z0-9_-]{0,40}[!#$%&()*+;<=>?@^`{|}~])[0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{8,400}+(?![^\s\"',.)])"
)
_GROUPED_BASE64 = re.compile(
    r"(?<![\w+/=])(?:[A-Za-f][A-Za-z0-9+/]{3}(?:[ \t]|\r?\n)){2,200}[A-Za-z0-9+/]{1,4}={0,2}(?![\w+/=])"
)
"""Whatever begins with another character is no ASCII."""

_SEPARATORS = re.compile(r"\s+")
_WORD = re.compile(r"\S+")
_FEWEST_OCTETS, _FEWEST_GROUPS, _MOST_WORDS = 6, 3, 4
_PRINTABLE = range(32, 127)


def further_codes(text: str) -> Iterator[Change]:
    """Yield what is encoded and what it says; changes may overlap."""
    if ")" in text:
        yield from _each(_CALLS, text, _called)
    if "\\N{" in text:
        yield from (
            Change(*match.span(), said) for match in _NAMED.finditer(text) if (said := _character(match[1]))
        )
    if "<~" in text:
        yield from _each(_ASCII85, text, lambda code: a85decode(code, adobe=True))
    yield from _each(_BASE85, text, b85decode)
    yield from _grouped(text)


def _each(pattern: re.Pattern[str], text: str, decode: Callable[[str], bytes]) -> Iterator[Change]:
    for match in pattern.finditer(text):
        said = _decoded(match[0], decode)
        if said is not None:
            yield Change(match.start(), match.end(), said)


def _decoded(code: str, decode: Callable[[str], bytes]) -> str | None:
    try:
        octets = decode(code)
    except ValueError:
        return None
    readable = len(octets) >= _FEWEST_OCTETS and all(octet in _PRINTABLE for octet in octets)
    return octets.decode("ascii") if readable else None


def _grouped(text: str) -> Iterator[Change]:
    """Words of four letters may stand before and behind groups of as many characters."""
    for match in _GROUPED_BASE64.finditer(text):
        groups = list(_WORD.finditer(text, *match.span()))
        for first, last in product(range(_MOST_WORDS), repeat=2):
            within = groups[first : len(groups) - last]
            if len(within) < _FEWEST_GROUPS:
                continue
            said = _decoded("".join(group[0] for group in within), _base64)
            if said is not None:
                yield Change(within[0].start(), within[-1].end(), said)
                break


def _character(name: str) -> str | None:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return None


def _called(calls: str) -> bytes:
    return bytes(
        int(code, 0) if code[:1] != "0" or code[1:2] in "xX" else int(code) for code in _CALLED.findall(calls)
    )


def _base64(groups: str) -> bytes:
    core = _SEPARATORS.sub("", groups).rstrip("=")
    return b64decode(core + "=" * (-len(core) % 4), validate=True)
