"""How deep elements are nested, before a parser that takes the square of it is asked."""

import re

_OPEN_TO_ANY_DEPTH = 10_000
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_IMPLIED = frozenset(["p", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "html", "head", "body"])
"""Never nested in one of their own kind without another element between."""

_SIBLINGS = {"li": "li", "dt": "dd", "dd": "dd"}
_TAG = re.compile(
    r"<(?:!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>]).*?(?:</(?P=raw)(?=[\s/>])|\Z)"
    r"|(?P<end>/?)(?P<name>[a-z][^\s/>]*+)"
    r"(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+|(?=>)))?+)*+"
    r"[\s/]*+(?:>|\Z))",
    re.IGNORECASE | re.DOTALL,
)


def is_too_deep(html: str) -> bool:
    """Whether elements may be nested deeper than 10,000, told in one pass over the tags.

    What is not closed in the right order counts as open to the end.
    """
    if html.count("<") <= _OPEN_TO_ANY_DEPTH:
        return False
    opened: list[str] = []
    for match in _TAG.finditer(html):
        name = (match["name"] or "").lower()
        if not name or name in _VOID or name in _IMPLIED:
            continue
        _follow(opened, _SIBLINGS.get(name, name), closing=bool(match["end"]))
        if len(opened) > _OPEN_TO_ANY_DEPTH:
            return True
    return False


def _follow(opened: list[str], name: str, *, closing: bool) -> None:
    last = opened[-1] if opened else ""
    if closing:
        if last == name:
            opened.pop()
    elif not (last == name and name in _SIBLINGS.values()):
        opened.append(name)
