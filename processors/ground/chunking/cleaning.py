"""What is no text is taken out of a text: control characters, halves of characters, letters that are never shown."""

import re
from dataclasses import replace

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


def shown(block: Block) -> Block:
    """Return a block without the characters that are never shown; what they spell is noted as hidden."""
    text, header = _CONTROLS.sub("", block.text), _CONTROLS.sub("", block.header)
    if text.isascii() and header.isascii():
        return block if text == block.text else replace(block, text=text)
    spelt = "".join(_untagged(match[0]) for match in _TAGS.finditer(text + header) if not match[1])
    hidden = (Removed(HIDDEN_TEXT, spelt[:LOOKED_AT]),) if spelt else ()
    text, header = _TAGS.sub(_flag, text), _TAGS.sub(_flag, header)
    return replace(block, text=text, header=header, removed=(*block.removed, *hidden))


def _untagged(tags: str) -> str:
    return "".join(chr(ord(tag) - _TAGGED) for tag in tags if ord(tag) >= _FIRST_TAG)


def _flag(match: re.Match[str]) -> str:
    """The flags of Scotland and a few others are written in tags, and are shown."""
    return match[1] or ""
