"""Digits written as words, in English, German, French, Spanish, Italian, Dutch and Portuguese, read as digits."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from processors.redact.readings.reading import Change

_FEWEST_WORDS = 3
_FEWEST_DIGITS = 6
_SPELT = {
    "0": "zero oh o null nul nil nought z\u00e9ro cero",
    "1": "one ein eins eine un une uno una um uma een",
    "2": "two zwei zwo deux dos due dois duas twee",
    "3": "three drei trois tres tre tr\u00eas drie",
    "4": "four vier quatre cuatro quattro quatro",
    "5": "five f\u00fcnf fuenf cinq cinco cinque vijf",
    "6": "six sechs seis sei zes",
    "7": "seven sieben sept siete sette sete zeven",
    "8": "eight acht huit ocho otto oito",
    "9": "nine niner neun neuf nueve nove negen",
    "10": "ten zehn dix diez dieci dez tien",
    "11": "eleven elf onze once undici",
    "12": "twelve zw\u00f6lf zwoelf douze doce dodici doze twaalf",
    "13": "thirteen dreizehn treize trece tredici treze dertien",
    "14": "fourteen vierzehn quatorze catorce quattordici catorze veertien",
    "15": "fifteen f\u00fcnfzehn fuenfzehn quinze quince quindici vijftien",
    "16": "sixteen sechzehn seize diecis\u00e9is dieciseis sedici zestien",
    "17": "seventeen siebzehn diecisiete diciassette zeventien",
    "18": "eighteen achtzehn dieciocho diciotto achttien",
    "19": "nineteen neunzehn diecinueve diciannove negentien",
    "21": "veintiuno veintiuna",
    "22": "veintid\u00f3s veintidos",
    "23": "veintitr\u00e9s veintitres",
    "24": "veinticuatro",
    "25": "veinticinco",
    "26": "veintis\u00e9is veintiseis",
    "27": "veintisiete",
    "28": "veintiocho",
    "29": "veintinueve",
    "+": "plus",
}
_TENS = {
    "2": "twenty zwanzig vingt vingts veinte venti vinte twintig",
    "3": "thirty drei\u00dfig dreissig trente treinta trenta trinta dertig",
    "4": "forty fourty vierzig quarante cuarenta quaranta quarenta veertig",
    "5": "fifty f\u00fcnfzig fuenfzig cinquante cincuenta cinquanta cinquenta vijftig",
    "6": "sixty sechzig soixante sesenta sessanta sessenta zestig",
    "7": "seventy siebzig septante setenta settanta zeventig",
    "8": "eighty achtzig huitante octante ochenta ottanta oitenta tachtig",
    "9": "ninety neunzig nonante noventa novanta negentig",
}


def _by_word(spelt: dict[str, str]) -> dict[str, str]:
    return {word: digits for digits, words in spelt.items() for word in words.split()}


_UNITS = _by_word(_SPELT)
_BY_TEN = _by_word(_TENS)
_REPEATED = {"double": 2, "doppel": 2, "doble": 2, "triple": 3, "treble": 3}
_SIGNS = frozenset(
    {
        "dash",
        "espace",
        "espacio",
        "guion",
        "hyphen",
        "leerzeichen",
        "minus",
        "slash",
        "space",
        "strich",
        "tiret",
        "trattino",
    }
)
_JOINING = frozenset({"and", "und", "et", "y", "e", "en", "then", "dann", "puis", "luego", *_SIGNS})
_FEWEST_SIGNS = 2
WORDS = frozenset({*_UNITS, *_BY_TEN})
"""Words that stand for digits, in lower case."""

_UND = "und"
_TELLING = frozenset({*WORDS, *_REPEATED, *_JOINING})
_GERMAN = re.compile(rf"(?P<unit>ein|{'|'.join(_UNITS)})und(?P<ten>{'|'.join(_BY_TEN)})")
_GERMAN_TENS = ("zig", "\u00dfig", "ssig")
_TOKEN = re.compile(r"[A-Z]?[a-z\u00df-\u024f]+|[A-Z]+(?![a-z])|[^\W\d_]+|\d+|\+")
_GAP = re.compile(r"[\W_]{0,6}")


class _Token(NamedTuple):
    """A word or number.

    Attributes:
        digits: what it stands for, with 0 for the unit after a ten; nothing for what joins two of them.
        times: how often what follows is meant.
        is_sign: it names what separates groups of digits.
    """

    start: int
    end: int
    digits: str
    spelt: bool
    times: int = 1
    is_sign: bool = False


def spelt_numbers(text: str) -> Iterator[Change]:
    """Yield the digits of each row of words that stands for a number of six digits or more, without what separates them."""
    for row in _rows(text):
        if _tells(row):
            changes = list(_joined(row))
            if sum(len(change.text) for change in changes) >= _FEWEST_DIGITS:
                yield from changes


def _tells(row: Sequence[_Token]) -> bool:
    spelt = sum(token.spelt and bool(token.digits) for token in row)
    return spelt >= _FEWEST_WORDS or sum(token.is_sign for token in row) >= _FEWEST_SIGNS


def _rows(text: str) -> Iterator[list[_Token]]:
    row: list[_Token] = []
    for token in _tokens(text):
        tells = bool(token.digits) or token.times > 1
        if row and not ((tells or _joins(text, token)) and _GAP.fullmatch(text, row[-1].end, token.start)):
            yield row
            row = []
        if tells or row:
            row.append(token)
    yield row


def _joins(text: str, token: _Token) -> bool:
    return text[token.start : token.end].lower() in _JOINING


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the words and numbers of which rows are made; between any others is more than a gap."""
    for match in _TOKEN.finditer(text):
        word = match[0].lower()
        if word in _TELLING:
            yield _Token(
                *match.span(), _value(word), spelt=True, times=_REPEATED.get(word, 1), is_sign=word in _SIGNS
            )
        elif word.isdigit() or word == "+":
            yield _Token(*match.span(), word, spelt=False)
        elif _UND in word and (digits := _value(word)):
            yield _Token(*match.span(), digits, spelt=True)


def _value(word: str) -> str:
    if word in _BY_TEN:
        return _BY_TEN[word] + "0"
    compound = _GERMAN.fullmatch(word) if len(word) > len("einundelf") else None
    if compound:
        return _BY_TEN[compound["ten"]] + _UNITS.get(compound["unit"], "1")
    return _UNITS.get(word, "")


def _joined(row: Sequence[_Token]) -> Iterator[Change]:
    """Yield each word's digits in its place; what stands between two words is passed over."""
    telling = [token for token in row if token.digits or token.times > 1]
    times, end = 1, telling[0].start
    for token, following in zip(telling, [*telling[1:], None], strict=True):
        if end < token.start:
            yield Change(end, token.start, "")
        yield Change(token.start, token.end, _said(token, following) * times)
        times, end = token.times, token.end


def _said(token: _Token, following: _Token | None) -> str:
    unit_follows = following is not None and following.spelt and len(following.digits) == 1
    return token.digits[0] if unit_follows and token.spelt and token.digits[1:] == "0" else token.digits


def has_number_words(text: str, words: Collection[str]) -> bool:
    """Whether enough words stand for digits.

    Args:
        text: in lower case.
        words: those of the text.
    """
    if not _SIGNS.isdisjoint(words):
        return True
    if WORDS.isdisjoint(words) and "und" not in text:
        return False
    return len([word for word in words if word in WORDS or word.endswith(_GERMAN_TENS)]) >= _FEWEST_WORDS
