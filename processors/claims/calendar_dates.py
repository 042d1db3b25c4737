"""Dates as people write them in four languages, down to a bare month."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAMES = {
    1: "january jan januar jänner janvier enero",
    2: "february feb februar février febrero",
    3: "march märz mars marzo",
    4: "april avril abril",
    5: "may mai mayo",
    6: "june juni juin junio",
    7: "july juli juillet julio",
    8: "august août agosto",
    9: "september sept septembre septiembre",
    10: "october oct oktober octobre octubre",
    11: "november nov novembre noviembre",
    12: "december dec dezember décembre diciembre",
}
_MONTHS = {name: month for month, names in _NAMES.items() for name in names.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WORDS_TOO = frozenset({"may", "march", "mars", "mai", "dec", "jan", "nov", "oct", "sept", "feb"})
"""Months only beside a day or a year, or after a word like until: they mean other things as well."""

_YEAR = r"(?:19|20)\d\d"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_DAY_NAMED = rf"{_DAY}(?:st|nd|rd|th|er|\.)?"
_OF = r"(?: of| de| du| del)?"
_LED = r"(?:in|of|until|till|by|since|from|before|after|during|bis|im|ab|seit|jusqu'en|en|hasta|desde|de) $"
_FORMS = [
    re.compile(rf"(?<![\w-])(?P<y>{_YEAR})-(?P<m>0\d|1[0-2])-(?P<d>[0-3]\d)(?![\w-])"),
    re.compile(rf"(?<![\w.])(?P<d>{_DAY})\.(?P<m>0?[1-9]|1[0-2])\.(?P<y>{_YEAR})?(?!\w)"),
    re.compile(rf"(?<![\w/])(?P<d>{_DAY})/(?P<m>{_DAY})(?:/(?P<y>{_YEAR}|\d\d))?(?![\w/])"),
    re.compile(rf"(?<!\w)(?P<d>{_DAY_NAMED}){_OF} (?P<n>{_MONTH})\.?(?:,?{_OF} (?P<y>{_YEAR}))?(?!\w)"),
    re.compile(
        rf"(?<!\w)(?P<n>{_MONTH})\.? (?:the )?(?P<d>{_DAY}(?:st|nd|rd|th)?)(?:,? (?P<y>{_YEAR}))?(?!\w)"
    ),
    re.compile(rf"(?<!\w)(?P<n>{_MONTH})\.?{_OF} (?P<y>{_YEAR})(?!\w)"),
    re.compile(rf"(?<!\w)(?P<n>{_MONTH})(?!\w)"),
]


@dataclass(frozen=True, slots=True)
class Day:
    """A date, or as much of it as is said."""

    year: int | None
    month: int
    day: int | None

    def agrees(self, other: "Day") -> bool:
        """Whether the other says all that this one says."""
        same_day = self.day is None or self.day == other.day
        return self.month == other.month and same_day and (self.year is None or self.year == other.year)


def dates(text: str) -> Iterator[tuple[int, int, frozenset[Day]]]:
    """Yield start, end and possible readings of the dates in a text in lower case, none overlapping."""
    for form in _FORMS:
        found = [
            (*match.span(), _readings(match)) for match in form.finditer(text) if not _is_a_word(text, match)
        ]
        read = [(start, end, days) for start, end, days in found if days]
        text = _blanked(text, read)
        yield from read


def _blanked(text: str, read: list[tuple[int, int, frozenset[Day]]]) -> str:
    """Return a text without what was read as a date, as long as before."""
    parts, at = [], 0
    for start, end, _ in read:
        parts += [text[at:start], "~" * (end - start)]
        at = end
    return "".join([*parts, text[at:]])


def _is_a_word(text: str, match: re.Match[str]) -> bool:
    parts = match.groupdict()
    alone = not parts.get("d") and not parts.get("y")
    return (
        alone
        and match[0] in _WORDS_TOO
        and not re.search(_LED, text[max(0, match.start() - 12) : match.start()])
    )


def _readings(match: re.Match[str]) -> frozenset[Day]:
    parts = match.groupdict()
    year = int(parts["y"]) if parts.get("y") else None
    year = year + 2000 if year is not None and year < 100 else year  # noqa: PLR2004
    day = int(re.sub(r"\D", "", parts["d"])) if parts.get("d") else None
    if parts.get("n"):
        return frozenset({Day(year, _MONTHS[parts["n"]], day)})
    month = int(parts["m"])
    orders = {(month, day), (day, month)} if "/" in match[0] else {(month, day)}
    return frozenset(Day(year, first or 0, second) for first, second in orders if 1 <= (first or 0) <= 12)  # noqa: PLR2004
