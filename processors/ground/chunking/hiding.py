"""Which elements of HTML nobody sees, as far as their own tag and attributes tell. Style sheets are not applied."""

import re
from collections.abc import Mapping

from processors.ground.chunking.blocks import ACTIVE_CONTENT, HIDDEN_TEXT

Attributes = Mapping[str, str | None]

_ACTIVE = frozenset(
    {"script", "style", "iframe", "object", "embed", "applet", "noembed", "noframes", "template", "frameset"}
)
_UNSEEN = frozenset({"noscript", "datalist", "rp", "audio", "video", "canvas", "defs", "metadata", "desc"})
_NOTHING = re.compile(r"[+-]?(?:\d*+\.)?0++(?:[a-z]+|%)?")
_FAR_OFF = re.compile(r"-\d{3}")
_HIDING = {
    "display": re.compile("none"),
    "visibility": re.compile("hidden|collapse"),
    "content-visibility": re.compile("hidden"),
    "opacity": re.compile(r"-|(?:0*+\.)?0++%?\Z"),
    "color": re.compile("transparent"),
    "clip": re.compile(r"rect\(0"),
    "clip-path": re.compile(r"inset\((?:50|100)%|circle\(0"),
    "transform": re.compile(r"scale[xy]?\(0(?!\.)"),
    **dict.fromkeys(("text-indent", "left", "right", "top", "bottom"), _FAR_OFF),
}
_EXTENTS = ("height", "width", "max-height", "max-width")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?")
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
    return bool(style) and _hides(dict(map(_declaration, _plain(style or "").split(";"))))


def _hides(style: Mapping[str, str]) -> bool:
    if any(name in _HIDING and _HIDING[name].match(value) for name, value in style.items()):
        return True
    sizes = [style.get("font-size", ""), *style.get("font", "").split()]
    if any(_NOTHING.fullmatch(size.partition("/")[0]) for size in sizes):
        return True
    clipped = style.get("overflow", "").startswith(("hidden", "clip"))
    return clipped and any(_NOTHING.fullmatch(style.get(name, "")) for name in _EXTENTS)


def _plain(style: str) -> str:
    return _COMMENT.sub("", _ESCAPE.sub(_character, style.lower())).lower()


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code <= _LAST else ""


def _declaration(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name.strip(), " ".join(value.partition("!")[0].split())
