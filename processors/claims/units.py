"""Units as people write them, by dimension and size, so that 60 minutes are an hour and 4.90 EUR are not 4.90 USD."""

import re
from dataclasses import dataclass
from decimal import Decimal

PERCENT = "percent"
CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: what it measures, and how many of that dimension's smallest unit it is."""

    dimension: str
    size: Decimal = Decimal(1)


_MINUTE, _HOUR, _DAY, _WEEK = 60, 3_600, 86_400, 604_800
_WORDS: dict[tuple[str, str], str] = {
    ("money:EUR", "1"): r"eur|euros?|€",
    ("money:USD", "1"): r"usd|us\$|\$|dollars?|dólares|dollars américains",
    ("money:GBP", "1"): r"gbp|£|pounds? sterling",
    ("money:CHF", "1"): r"chf|sfr|franken|swiss francs?|francs? suisses?|francos? suizos?",
    ("money:SEK", "1"): r"sek",
    ("money:NOK", "1"): r"nok",
    ("money:DKK", "1"): r"dkk",
    ("money:PLN", "1"): r"pln|zł",
    ("money:JPY", "1"): r"jpy|¥|yen",
    (PERCENT, "1"): r"%|per ?cent|prozent|pour ?cent|por ?ciento|percentage points?|prozentpunkte?",
    ("workday", "1"): (
        r"(?:working|business|week|work)[ -]?days?|werktag(?:e|en|s)?|arbeitstag(?:e|en)?|"
        r"jours? (?:ouvrés?|ouvrables?)|días? (?:laborables?|hábiles?)"
    ),
    ("time", "1"): r"seconds?|sekunden?|secondes?|segundos?|secs?",
    ("time", f"{_MINUTE}"): r"minutes?|minuten?|minutos?|mins?",
    ("time", f"{_HOUR}"): r"hours?|hrs?|stunden?|heures?|horas?|h|std",
    ("time", f"{_DAY}"): r"(?:calendar )?days?|tag(?:e|en|es|s)?|kalendertag(?:e|en)?|jours?|días?",
    ("time", f"{_WEEK}"): r"weeks?|wochen?|semaines?|semanas?",
    ("calendar", "1"): r"months?|monat(?:e|en|s)?|mois|mes(?:es)?",
    ("calendar", "12"): r"years?|yrs?|jahr(?:e|en|es)?|ans?|années?|años?",
    ("length", "0.001"): r"mm|millimet(?:er|re)s?|millimètres?|milímetros?",
    ("length", "0.01"): r"cm|centimet(?:er|re)s?|zentimeter|centimètres?|centímetros?",
    ("length", "1"): r"m|met(?:er|re)s?|mètres?|metros?",
    ("length", "1000"): r"km|kilomet(?:er|re)s?|kilomètres?|kilómetros?",
    ("length", "0.0254"): r"inch(?:es)?|zoll|pouces?|pulgadas?",
    ("area", "1"): r"m2|square met(?:er|re)s?|quadratmeter",
    ("mass", "1"): r"g|grams?|grammes?|gramm|gramos?",
    ("mass", "1000"): r"kg|kilos?|kilogram(?:s|me|mes|m)?|kilogramos?",
    ("volume", "0.001"): r"ml|millilit(?:er|re)s?",
    ("volume", "0.01"): r"cl|centilit(?:er|re)s?",
    ("volume", "1"): r"l|lit(?:er|re|ro)s?|litres?",
    ("power", "1"): r"w|watts?",
    ("power", "1000"): r"kw|kilowatts?",
    ("voltage", "1"): r"v|volts?",
    ("capacity", "1"): r"mah",
    (
        "temperature",
        "1",
    ): r"°c?|c\b(?<=°c)|degrees?(?: celsius)?|grad(?: celsius)?|degrés?(?: celsius)?|grados?(?: celsius)?",
}
_UNITS = [
    (re.compile(rf"(?:{words})(?!\w)"), Unit(dimension, Decimal(size)))
    for (dimension, size), words in _WORDS.items()
]
_BEFORE = re.compile(r"(?:(?<!\w)(eur|usd|us\$|gbp|chf|sek|nok|dkk|pln|jpy)|([€$£¥])) ?$")
_AFTER = re.compile(r"[ -]?")
_MENTIONS = [
    (re.compile(rf"(?<!\w)(?:{words})(?!\w)"), dimension) for (dimension, _), words in _WORDS.items()
]


def unit_at(text: str, start: int) -> tuple[Unit, int] | None:
    """Return the longest unit that begins here, after a blank or a hyphen at most, and where it ends."""
    joint = _AFTER.match(text, start)
    begin = joint.end() if joint else start
    found = [(match.end(), unit) for pattern, unit in _UNITS if (match := pattern.match(text, begin))]
    if not found:
        return None
    end, unit = max(found, key=lambda each: each[0])
    return unit, end


def currency_before(text: str, end: int) -> tuple[Unit, int] | None:
    """Return the currency that ends here, and where it begins."""
    match = _BEFORE.search(text, max(0, end - 5), end)
    if match is None:
        return None
    found = unit_at(match[1] or match[2], 0)
    return (found[0], match.start()) if found else None


def mentioned(text: str) -> frozenset[str]:
    """Return the dimensions whose units stand anywhere in a text in lower case."""
    return frozenset(dimension for pattern, dimension in _MENTIONS if pattern.search(text))
