"""What was taken to pieces, put together: rows of single characters, strings added up, groups told one after the other.

Each is read only where it can hardly be anything else; what comes out is searched like any text.
"""

import re
from collections.abc import Iterator

from processors.redact.readings.reading import Change
from processors.redact.readings.rows import has_digits, is_in_order, plain_number, rows, with_sign
from processors.redact.rules.contacts import is_iban
from processors.redact.rules.numbers import is_card

_ELEMENT = r"[\w.@+\-/()_ ]"
_ROW = re.compile(
    rf"(?<![\w@])\w(?P<apart>[^\w\n]{{0,4}}?[^\w\s][^\w\n]{{0,4}}?){_ELEMENT}"
    rf"(?:(?P=apart){_ELEMENT}){{3,400}}(?!\w)"
)
_TAG = r"</?[A-Za-z][\w-]{0,10}(?:[ ][^<>]{0,80})?>"
_TAGGED_ROW = re.compile(
    rf"(?<=>)[\w+(](?P<apart>(?:\s{{0,2}}{_TAG}){{1,6}}\s{{0,2}})[^\n<](?:(?P=apart)[^\n<]){{3,400}}"
)
_INLINE = re.compile(
    r"</?(?:b|i|u|s|em|strong|span|font|small|big|mark|code|wbr|sup|sub|tt|kbd|a|bd[io])(?:[ ][^<>]{0,200})?>",
    re.IGNORECASE,
)
_FEWEST_TAGS = 4
_FEWEST = 6
_QUOTES = "\"'`"
_PIECE = rf"[^{_QUOTES}\n]{{1,32}}"
_SUM = re.compile(
    rf"(?P<quote>[{_QUOTES}]){_PIECE}(?P=quote)(?:\s{{0,3}}(?:\+|\.{{1,2}}|&|\|\||\\|[;,]?\s{{0,2}}\$?\w{{1,12}}\s{{0,2}}\+?[=:])\s{{0,8}}(?P=quote){_PIECE}(?P=quote)){{1,64}}"
)
_LISTED = re.compile(
    rf"(?P<quote>[{_QUOTES}])(?P<first>{_PIECE})(?P=quote)(?:[ \t]{{0,2}}[,;]?[ \t]{{0,2}}(?P=quote){_PIECE}(?P=quote)){{2,64}}"
)
_WITHIN = {quote: re.compile(rf"{quote}([^{_QUOTES}\n]{{1,32}}){quote}") for quote in _QUOTES}
_GROUP = re.compile(r"[+(]?[A-Z]{0,4}\d[\dA-Z)]{0,7}")
_SHORT_PIECE = 2
_FEWEST_DIGITS = 9
_LINKS = (
    r"and|then|next|followed|by|first|second|third|fourth|fifth|sixth|seventh|eighth|half|part|group|block|finally|last|lastly"
    r"|after|that|now|again|comma|continue|continues|with|the|is|und|dann|danach|gefolgt|von|zuerst|erst|et|puis|ensuite|y|luego"
    r"|despu\u00e9s|e|poi|en|dan|hyphen|dash|minus|space|slash|dot|\d(?:st|nd|rd|th)"
)
_LINK = rf"(?:(?:{_LINKS})[ ,:;.\n\u2026-]{{1,4}}){{1,5}}"
_TOLD = re.compile(
    rf"(?<![\w.,+])\+?\(?(?:[A-Z]{{2}})?\d[\dA-Z]{{0,9}}\)?(?:[ ,;.\n\u2026-]{{1,4}}(?i:{_LINK})[\dA-Z]{{1,10}}){{1,9}}(?!\w|[.,]\d)"
)
_TOLD_GROUP = re.compile(r"(?<!\w)[+(]{0,2}[\dA-Z]*\d[\dA-Z]*(?!\w)")
_SURE_LINK = re.compile(
    r"\b(?:then|next|followed|first|second|third|half|part|group|block|dann|danach|gefolgt|puis|ensuite|luego|despu\u00e9s|poi|dash|hyphen|space)\b",
    re.IGNORECASE,
)
_GROUPINGS = ([3, 2, 4], [3, 3, 4])
_EMPHASIS_INSIDE = re.compile(r"\w(?:\*{2,3}|~~|\|\||==)[\w@.+-]")
_MARKS = ("**", "~~", "||", "==")
_EMPHASIS = re.compile(r"\*{2,3}|~~|\|\||==")
_ESCAPED_SIGN = re.compile(r"(?<!\\)\\(?=[_*@.#%&{}~^$+-])")
_BRACED = re.compile(r"(?<=\w)\{[@._-]\}(?=\w)")
_QUOTED_LOCAL = re.compile(r"\"([\w.+-]{1,64})\"(?=@\w)")
_COMMENT = re.compile(r"\([^()@\n]{0,40}\)(?=@\w)|(?<=\w@)\([^()@\n]{0,40}\)")
_OFFSET = re.compile(
    r"(?<=[ :][0-9A-Fa-f]{2})[ \t|]{0,3}\n(?:0x)?[0-9A-Fa-f]{4,8}:?[ \t]{1,4}(?=[0-9A-Fa-f]{2})"
)


def put_together(text: str) -> Iterator[Change]:
    """Yield what reads as one; changes may overlap."""
    yield from rows(text)
    yield from _rows(text, _ROW)
    if "><" in text:
        yield from _rows(text, _TAGGED_ROW)
        if len(inline := list(_INLINE.finditer(text))) >= _FEWEST_TAGS:
            yield from (Change(*match.span(), "") for match in inline)
    if any(quote in text for quote in _QUOTES):
        yield from _strings(text)
    if has_digits(text, _FEWEST_DIGITS):
        yield from _told(text)
    yield from _marks(text)


def _rows(text: str, pattern: re.Pattern[str]) -> Iterator[Change]:
    for match in pattern.finditer(text):
        apart = match["apart"]
        said = match[0][:: len(apart) + 1]
        if len(said) >= _FEWEST and said.count(" ") * 2 < len(said) and not is_in_order(said):
            yield with_sign(match, plain_number(said))


def _strings(text: str) -> Iterator[Change]:
    """Strings that are added up, or listed although each is only a character or two, or a group of a number."""
    for match in _SUM.finditer(text):
        yield Change(match.start(), match.end(), "".join(_WITHIN[match["quote"]].findall(match[0])))
    for match in _LISTED.finditer(text):
        pieces = _WITHIN[match["quote"]].findall(match[0])
        short = all(len(piece) <= _SHORT_PIECE for piece in pieces) and len(pieces) >= _FEWEST
        if (short and not is_in_order("".join(pieces))) or all(map(_GROUP.fullmatch, pieces)):
            yield Change(match.start(), match.end(), "".join(pieces))


def _told(text: str) -> Iterator[Change]:
    """Groups of a number with words between them that say in which order they come."""
    for match in _TOLD.finditer(text):
        groups = _TOLD_GROUP.findall(match[0])
        said = "".join(groups).replace("(", "").replace(")", "")
        digits = sum(map(str.isdigit, said))
        if digits >= _FEWEST_DIGITS and (_SURE_LINK.search(match[0]) or _is_number(said, groups)):
            yield Change(match.start(), match.end(), said)


def _is_number(said: str, groups: list[str]) -> bool:
    return said[0] in "+0" or is_card(said) or is_iban(said) or list(map(len, groups)) in _GROUPINGS


def _marks(text: str) -> Iterator[Change]:
    """Marks of emphasis, escapes and comments that stand inside of words and addresses."""
    if any(mark in text for mark in _MARKS) and _EMPHASIS_INSIDE.search(text):
        yield from (Change(*match.span(), "") for match in _EMPHASIS.finditer(text))
    if "\\" in text:
        yield from (Change(*match.span(), "") for match in _ESCAPED_SIGN.finditer(text))
    if "{" in text:
        yield from (Change(*match.span(), match[0][1]) for match in _BRACED.finditer(text))
    if "@" in text:
        yield from (Change(*match.span(), match[1]) for match in _QUOTED_LOCAL.finditer(text))
        yield from (Change(*match.span(), "") for match in _COMMENT.finditer(text))
    if "\n" in text:
        yield from (Change(*match.span(), " ") for match in _OFFSET.finditer(text))
