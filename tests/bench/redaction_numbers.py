"""Made-up numbers that pass for real ones: cards, accounts, telephones, identity numbers and addresses of machines."""

import random
import re
from collections.abc import Sequence
from string import ascii_uppercase, digits

_CARD_PREFIXES = {16: ("4", "51", "53", "55", "2221", "6011"), 15: ("34", "37"), 14: ("36", "38")}
_CARD_GROUPS = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}
_ACCOUNTS = {
    "AT": "d" * 16,
    "BE": "d" * 12,
    "CH": "d" * 17,
    "DE": "d" * 18,
    "DK": "d" * 14,
    "ES": "d" * 20,
    "FR": "d" * 10 + "c" * 11 + "d" * 2,
    "GB": "a" * 4 + "d" * 14,
    "IE": "a" * 4 + "d" * 14,
    "IT": "a" + "d" * 10 + "c" * 12,
    "NL": "a" * 4 + "d" * 10,
    "NO": "d" * 11,
    "PL": "d" * 24,
    "PT": "d" * 21,
    "SE": "d" * 20,
}
"""What follows the country and its two check digits: d a digit, a a letter, c either."""

_SYMBOLS = {"d": digits, "a": ascii_uppercase, "c": ascii_uppercase + digits}
_PHONES = (
    "({2-9}##) {2-9}##-####",
    "{2-9}##-{2-9}##-####",
    "{2-9}##.{2-9}##.####",
    "+1 {2-9}## {2-9}## ####",
    "+1-{2-9}##-{2-9}##-####",
    "+1{2-9}##{2-9}######",
    "1-{2-9}##-{2-9}##-####",
    "({2-9}##) {2-9}##-#### ext. ###",
    "+44 20 7### ####",
    "+44 7{4-9}## ######",
    "07{4-9}## ######",
    "0{1-2}{1-9}# {2-9}## ####",
    "0{2-9}1 ### ## ##",
    "+49 1{5-7}# #######",
    "+49 (0)30 {2-9}######",
    "0{1-7}{1-9}{1-9}/{2-9}#####",
    "+33 6 ## ## ## ##",
    "06 ## ## ## ##",
    "+34 6## ### ###",
    "+39 3## ### ####",
    "+31 6 ########",
    "+48 5## ### ###",
    "+46 70-### ## ##",
    "+353 8{3-9} ### ####",
    "+55 11 9####-####",
    "+91 9#### #####",
    "+81 90-####-####",
    "+61 4## ### ###",
    "+234 80# ### ####",
    "+971 50 ### ####",
    "0049 17# #######",
)
"""# stands for a digit, {2-9} for one of those."""

_SYMBOL = re.compile(r"#|@|\{\d-\d\}")


def card(dice: random.Random) -> str:
    """Return a card's number with a right check digit, in groups or not."""
    length = dice.choice((16, 16, 16, 16, 15, 14))
    start = dice.choice(_CARD_PREFIXES[length])
    body = start + _digits(dice, length - 1 - len(start))
    return _grouped(body + _luhn_digit(body), _CARD_GROUPS[length], dice.choice((" ", " ", "-", "", "")))


def _luhn_digit(body: str) -> str:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def account(dice: random.Random) -> str:
    """Return an IBAN with right check digits, in groups of four or not."""
    country = dice.choice(list(_ACCOUNTS))
    body = "".join(dice.choice(_SYMBOLS[kind]) for kind in _ACCOUNTS[country])
    number = int("".join(str(int(symbol, 36)) for symbol in f"{body}{country}00"))
    whole = f"{country}{98 - number % 97:02}{body}"
    return _grouped(whole, [4] * 9, dice.choice((" ", " ", "")))


def phone(dice: random.Random) -> str:
    """Return a telephone number as written in one of a dozen countries."""
    return patterned(dice, dice.choice(_PHONES))


def social_security(dice: random.Random) -> str:
    """Return a United States social security number of a range that is given out."""
    area = dice.choice([number for number in range(1, 900) if number != 666])
    parts = (f"{area:03}", f"{dice.randint(1, 99):02}", f"{dice.randint(1, 9999):04}")
    return dice.choice(("-", "-", "-", " ")).join(parts)


def driving_licence(dice: random.Random) -> str:
    """Return a number as some states of the United States print it on a driving licence."""
    return patterned(dice, dice.choice(("@#######", "@### #### ####", "@###-###-##-###-#", "@@######@")))


def internet_address(dice: random.Random) -> str:
    """Return an address of a machine, of the fourth or the sixth version."""
    if dice.random() < 0.75:
        return ".".join(str(dice.randint(1, 254)) for _ in range(4))
    return f"2a0{dice.randint(0, 9)}:" + ":".join(f"{dice.randint(1, 65535):x}" for _ in range(7))


def patterned(dice: random.Random, pattern: str) -> str:
    """Return a pattern with each # replaced by a digit, each @ by a capital, and each {2-9} by one of those digits."""
    return _SYMBOL.sub(lambda match: _symbol(dice, match[0]), pattern)


def _symbol(dice: random.Random, symbol: str) -> str:
    if symbol == "#":
        return dice.choice(digits)
    if symbol == "@":
        return dice.choice(ascii_uppercase)
    return str(dice.randint(int(symbol[1]), int(symbol[3])))


def _digits(dice: random.Random, count: int) -> str:
    return "".join(dice.choice(digits) for _ in range(count))


def _grouped(whole: str, groups: Sequence[int], between: str) -> str:
    pieces, rest = [], whole
    for length in groups:
        pieces.append(rest[:length])
        rest = rest[length:]
    return between.join(piece for piece in pieces if piece)
