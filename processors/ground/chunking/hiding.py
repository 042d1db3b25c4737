"""Which elements of HTML nobody sees, as far as their own tag and attributes tell. Style sheets are not applied."""

import re
from collections.abc import Mapping

from processors.ground.chunking.blocks import ACTIVE_CONTENT, HIDDEN_TEXT

Attributes = Mapping[str, str | None]

_ACTIVE = frozenset(
    ["script", "style", "iframe", "object", "embed", "applet", "noembed", "noframes", "template", "frameset"]
)
_UNSEEN = frozenset(["noscript", "datalist", "rp", "audio", "video", "canvas", "defs", "metadata", "desc"])
_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:(?:0*\.)?0+(?:%|;|!|$)|content-visibility:hidden"
    r"|font(?:-size)?:(?:[^;]*[^;\d.])?(?:0*\.)?0+(?:px|pt|em|rem|%|vw|vh)?(?:;|!|/|$)|color:transparent"
    r"|text-indent:-\d{3}|(?:left|top|right|bottom):-\d{3}|clip:rect\(0|clip-path:inset\((?:50|100)%"
    r"|(?:^|;)(?:max-)?(?:height|width):0(?:px|em|rem|%)?(?:;|!|$)|transform:scale\(0"
)
_NOT_READ = re.compile(r"/\*.*?(?:\*/|$)|\s+", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})[ ]?")
_LONGEST_STYLE = 2_000
_LAST = 0x10FFFF


def removal(tag: str, attributes: Attributes) -> str:
    """Return the mark for an element that is not shown with all that is in it; empty for one that is."""
    if tag in _ACTIVE:
        return ACTIVE_CONTENT
    return HIDDEN_TEXT if tag in _UNSEEN or _is_hidden(tag, attributes) else ""


def _is_hidden(tag: str, attributes: Attributes) -> bool:
    if tag == "dialog" and "open" not in attributes:
        return True
    if not attributes:
        return False
    if "hidden" in attributes or "popover" in attributes:
        return True
    if (attributes.get("aria-hidden") or "").strip().lower() == "true":
        return True
    style = attributes.get("style")
    return bool(style and _STYLE.search(_plain(style[:_LONGEST_STYLE])))


def _plain(style: str) -> str:
    return _NOT_READ.sub("", _ESCAPE.sub(_character, style.lower())).lower()


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code <= _LAST else ""
