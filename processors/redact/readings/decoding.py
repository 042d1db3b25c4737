"""Encodings undone where they stand in a text: escapes, entities, base64, hexadecimal and lists of character codes.

What decodes to anything but readable text is left as it is.
"""

import html
import re
from base64 import b32decode, b64decode
from binascii import Error
from collections.abc import Callable, Iterator

from processors.redact.readings.reading import Change

_LONG = re.compile(r"[A-Za-z0-9+/_-]{10,}")
_BYTES = re.compile(r"\d[0-9A-Fa-f]{1,2}[ ,:;-]{1,2}(?:0[xX])?\d[0-9A-Fa-f]{1,2}[ ,:;-]")
_FEWEST_BYTES = 6
_TELLING_BYTES = 12
_FEWEST_SIGNS = 2
_QUOTED = re.compile(r"=40|[^\W\d_]=20[^\W\d_]")
_ENTITY = re.compile(r"&(?:#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6});?|[A-Za-z][A-Za-z0-9]{1,24};)")
_REPEATED = re.compile(r"\\{3,}+|&(?:(?:amp|#0{0,5}38|#[xX]0{0,4}26);){2,}+|%(?:25){2,}+|=(?:3D){2,}+")
"""The sign of an escape that was itself escaped, however often."""

_UNBROKEN = {0x2010: "-", 0x2011: "-", 0xA0: " ", 0: None}
_MARKUP = re.compile(
    r"(?<=\S)</?(?:b|i|u|s|em|strong|span|font|small|big|mark|code|wbr|sup|sub|tt|bd[io])\b[^<>]{0,200}>(?=\S)"
    r"|<!--[^<]{0,200}?-->",
    re.IGNORECASE,
)
"""Tags in the middle of a word, and comments."""

_PERCENT = re.compile(r"%(?:[2-7][0-9A-Fa-f]|u[0-9A-Fa-f]{4}|0[AaDd])|(?:%[89A-Fa-f][0-9A-Fa-f]){2,}")
_QUOTED_PRINTABLE = re.compile(r"=(?:[2-7][0-9A-F]|0[AD])|(?:=[89A-F][0-9A-F]){2,}|=\r?\n")
_BACKSLASH = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}"
    r"|U[0-9a-fA-F]{8}|x[0-7][0-9a-fA-F]|x\{[0-9a-fA-F]{1,6}\}|[01][0-7]{2}|0{0,4}[2-7][0-9a-fA-F][ ]|[\"'/\\nrtbf])"
    r"|(?:\\x[89a-fA-F][0-9a-fA-F]){2,}"
)
_CODE_POINTS = re.compile(r"\b[Uu]\+[0-9A-Fa-f]{4,6}(?:[ ,;]{0,2}[Uu]\+[0-9A-Fa-f]{4,6}){3,}")
_CODE_POINT = re.compile(r"[0-9A-Fa-f]{4,6}")
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{40,100}(?:\r?\n[A-Za-z0-9+/]{4,100}){1,400}|[A-Za-z0-9+/_-]{10,})={0,2}"
)
_PARTS = re.compile(r"[A-Za-z0-9+]{10,}={0,2}")
_BASE32 = re.compile(r"(?<!\w)[A-Z2-7]{16,}={0,6}(?![\w=])")
_HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])(?:0[xX])?(?P<digits>(?:[0-9A-Fa-f]{2}){6,})(?![0-9A-Za-z])")
_SPACED_HEXADECIMAL = re.compile(
    r"(?<!\w)(?:0[xX])?[0-9A-Fa-f]{2}(?:[ ,:;-]{1,2}(?:0[xX])?[0-9A-Fa-f]{2}){5,}(?!\w)"
)
_HEXADECIMAL_PREFIX = re.compile(r"0[xX]|[^0-9A-Fa-f]")
_CODES = re.compile(r"(?<![\w.])\d{2,3}(?:[ ,;]{1,2}\d{2,3}){5,}(?![\w.]\d)")
_BREAKS = frozenset(b"\t\n\r")
_OCTAL = re.compile(r"[01][0-7]{2}")
_NUMBER = re.compile(r"\d+")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_URL_SAFE = str.maketrans("-_", "+/")
_LAST_SURROGATE = 0xDFFF
_LAST_CODE_POINT = 0x10FFFF
_FIRST_PRINTABLE, _LAST_PRINTABLE = 32, 126


def may_be_encoded(text: str) -> bool:
    """Whether it is worth looking for encodings: cheap, and wrong only in saying yes."""
    if (
        "%" in text
        or "\\" in text
        or "&" in text
        or "=" in text
        or "+" in text
        or "<" in text
        or _BYTES.search(text)
    ):
        return True
    return any(not word.isalpha() or not word[1:].islower() for word in _LONG.findall(text))


def escapes(text: str) -> Iterator[Change]:
    """Yield what is escaped and what it says; changes may overlap."""
    for match in _REPEATED.finditer(text):
        yield Change(match.start(), match.end(), match[0][0])
    if "&" in text:
        yield from _each(_ENTITY, text, _from_entity)
    if "<" in text:
        yield from _each(_MARKUP, text, _nothing)
    if "%" in text:
        yield from _each(_PERCENT, text, _from_percent)
    if "=" in text:
        yield from _quoted_printable(text)
    yield from unescaped(text)


def blocks(text: str) -> Iterator[Change]:
    """Yield what is encoded as a whole and what it says; changes may overlap. Escapes in it have to be undone before."""
    yield from _each(_BASE64, text, _from_base64)
    yield from _parts(text)
    yield from _each(_HEXADECIMAL, text, _from_hexadecimal)
    yield from _each(_SPACED_HEXADECIMAL, text, _from_hexadecimal)
    yield from _each(_BASE32, text, _from_base32)
    yield from _each(_CODES, text, _from_codes)
    yield from _each(_CODE_POINTS, text, _from_code_points)


def unescaped(text: str) -> Iterator[Change]:
    """Yield what backslashes escape, in order."""
    if "\\" in text:
        yield from _each(_BACKSLASH, text, _from_backslash)


def _each(pattern: re.Pattern[str], text: str, decode: Callable[[str], str | None]) -> Iterator[Change]:
    for match in pattern.finditer(text):
        plain = decode(match[0])
        if plain is not None and plain != match[0]:
            yield Change(match.start(), match.end(), plain)


def _from_entity(escaped: str) -> str:
    """A hyphen or blank that may not be broken at is one."""
    return html.unescape(escaped).translate(_UNBROKEN)


def _nothing(_: str) -> str:
    return ""


def _from_percent(escaped: str) -> str | None:
    digits = escaped.removeprefix("%u")
    if digits != escaped:
        return _character(int(digits, base=16))
    return _text(bytes.fromhex(escaped.replace("%", "")))


def _quoted_printable(text: str) -> Iterator[Change]:
    """An equals sign alone is an ordinary one; twice followed by capitals, or at a line's end, it encodes."""
    matches = list(_QUOTED_PRINTABLE.finditer(text))
    if sum(match[0].count("=") for match in matches) < _FEWEST_SIGNS and not _QUOTED.search(text):
        return
    for match in matches:
        octets = match[0].replace("=", "").strip()
        plain = _text(bytes.fromhex(octets))
        if plain is not None:
            yield Change(match.start(), match.end(), plain)


def _from_backslash(escaped: str) -> str | None:
    kind = escaped[1]
    if kind in "uUx":
        return _from_hexadecimal_escape(escaped, kind)
    if kind in "01" and len(escaped) == 4 and not escaped.endswith(" "):  # noqa: PLR2004 - three octal digits
        return _character(int(escaped[1:], 8))
    if kind.isdigit():
        return _character(int(escaped[1:], 16))
    return _CONTROLS.get(kind, kind)


def _from_hexadecimal_escape(escaped: str, kind: str) -> str | None:
    if kind == "x" and escaped[2] != "{":
        return _text(bytes.fromhex(escaped.replace("\\x", "")).replace(b"\0", b""))
    digits = re.findall("[0-9a-fA-F]+", escaped[2:])
    if len(digits) > 1:
        return (
            "".join(chr(int(half, 16)) for half in digits).encode("utf-16", "surrogatepass").decode("utf-16")
        )
    return _character(int(digits[0], 16))


def _from_base64(encoded: str) -> str | None:
    core = encoded.rstrip("=").translate(_URL_SAFE).replace("\r", "").replace("\n", "")
    if core.isalpha() and core[1:].islower():
        return None
    try:
        return _readable(b64decode(core + "=" * (-len(core) % 4), validate=True))
    except Error:
        return None


def _parts(text: str) -> Iterator[Change]:
    """Yield what is encoded between characters of paths and names that base64 has too."""
    for match in _PARTS.finditer(text):
        plain = _from_base64(match[0])
        if plain is not None:
            yield Change(match.start(), match.end(), plain)


def _from_base32(encoded: str) -> str | None:
    core = encoded.rstrip("=")
    try:
        return _readable(b32decode(core + "=" * (-len(core) % 8)))
    except Error:
        return None


def _from_hexadecimal(encoded: str) -> str | None:
    """Digits alone are a number, whatever else they may say."""
    if encoded.isdigit():
        return None
    return _readable(bytes.fromhex(_HEXADECIMAL_PREFIX.sub("", encoded)))


def _from_codes(encoded: str) -> str | None:
    written = _NUMBER.findall(encoded)
    octal = all(_OCTAL.fullmatch(code) for code in written)
    codes = [int(code, base=8 if octal else 10) for code in written]
    if all(_FIRST_PRINTABLE <= code <= _LAST_PRINTABLE or code in _BREAKS for code in codes):
        return bytes(codes).decode("ascii")
    return None


def _from_code_points(encoded: str) -> str | None:
    characters = [_character(int(code, 16)) for code in _CODE_POINT.findall(encoded)]
    return "".join(filter(None, characters)) or None


def _readable(octets: bytes) -> str | None:
    """Return what octets read in UTF-16 if every other one is zero, else in UTF-8; None if they are no text.

    A few octets that by chance are letters of other alphabets are none.
    """
    if len(octets) < _FEWEST_BYTES:
        return None
    if 0 in octets:
        return _text(octets, "utf-16-le") if any(octets[::2]) and not any(octets[1::2]) else None
    return _text(octets) if octets.isascii() or len(octets) >= _TELLING_BYTES else None


def _text(octets: bytes, encoding: str = "utf-8") -> str | None:
    try:
        text = octets.decode(encoding)
    except UnicodeDecodeError:
        return None
    return text if all(character.isprintable() or character in "\t\n\r" for character in text) else None


def _character(code: int) -> str | None:
    if code > _LAST_CODE_POINT or 0xD800 <= code <= _LAST_SURROGATE:  # noqa: PLR2004 - where surrogates begin
        return None
    return chr(code)
