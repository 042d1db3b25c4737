"""What is no text is taken out of a text: control characters, halves of characters, letters that are never shown."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from unicodedata import category

from processors.ground.chunking.blocks import HIDDEN_TEXT, LOOKED_AT, Block, Removed
from schemas.errors import Unprocessable

MOST_DAMAGED = 0.02
"""Share of a text's characters that may be damaged."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_DAMAGE = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")
_TAGS = re.compile("(\U0001f3f4[\U000e0030-\U000e007a]{2,6}\U000e007f)|[\U000e0000-\U000e007f]+")
_FIRST_TAG, _TAGGED = 0xE0020, 0xE0000


def cleaned(text: str) -> str:
    """Return a text with line feeds for line ends and without control characters.

    Raises:
        Unprocessable: `document_unreadable`, if so much of it is damaged that it was decoded wrongly or is no text.
    """
    whole = _SURROGATES.sub("\ufffd", text)
    if len(_DAMAGE.findall(whole)) > MOST_DAMAGED * len(whole):
        raise Unprocessable("document_unreadable", "its characters are damaged, or it is not a text")
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", whole))


def shown(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks that show anything, without characters that never do; what those spell is noted as hidden."""
    headers = {"": ""}
    removed: tuple[Removed, ...] = ()
    held: Block | None = None
    for block in blocks:
        text, hidden = _visible(block.text)
        removed += (*block.removed, *hidden)
        if _shows(text):
            if held:
                yield held
            header = headers.get(block.header)
            if header is None:
                headers[block.header] = header = _visible(block.header)[0]
            same = text == block.text and header == block.header and removed == block.removed
            held = block if same else replace(block, text=text, header=header, removed=removed)
            removed = ()
    if held:
        yield replace(held, removed=(*held.removed, *removed))


def _shows(text: str) -> bool:
    return any(not each.isspace() and category(each) != "Cf" for each in text)


def _visible(text: str) -> tuple[str, tuple[Removed, ...]]:
    text = _CONTROLS.sub("", text)
    if text.isascii():
        return text, ()
    spelt = "".join(_untagged(match[0]) for match in _TAGS.finditer(text) if not match[1])
    return _TAGS.sub(_flag, text), (Removed(HIDDEN_TEXT, spelt[:LOOKED_AT]),) if spelt else ()


def _untagged(tags: str) -> str:
    return "".join(chr(ord(tag) - _TAGGED) for tag in tags if ord(tag) >= _FIRST_TAG)


def _flag(match: re.Match[str]) -> str:
    """The flags of Scotland and a few others are written in tags, and are shown."""
    return match[1] or ""
