"""What templates leave open: for each slot a value and, if it is personal, its label. One text keeps its values."""

import random
from collections.abc import Callable, Mapping

from tests.bench import redaction_names as names
from tests.bench import redaction_numbers as numbers

Maker = Callable[["Values", str], str]

LABELS = {
    "person": "PERSON",
    "given": "PERSON",
    "family": "PERSON",
    "handle": "PERSON",
    "title": "TITLE",
    "street": "STREET_ADDRESS",
    "address": "STREET_ADDRESS",
    "zip": "ZIP_CODE",
    "city": "GPE",
    "country": "GPE",
    "phone": "PHONE_NUMBER",
    "mail": "EMAIL_ADDRESS",
    "site": "DOMAIN_NAME",
    "card": "CREDIT_CARD",
    "iban": "IBAN_CODE",
    "ssn": "US_SSN",
    "licence": "US_DRIVER_LICENSE",
    "ip": "IP_ADDRESS",
    "company": "ORGANIZATION",
    "age": "AGE",
    "date": "DATE_TIME",
    "nationality": "NRP",
}
"""Labels of the slots whose values are personal, named as public sets name them."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_THINGS = (
    *("espresso machine", "hiking boots", "USB-C charger", "Bluetooth speaker", "winter coat", "phone case"),
    *("standing desk", "water filter", "night light", "paint set", "garden hose", "gift card", "bike rack"),
    *("router", "blender", "mattress topper", "e-book reader", "Ultra HD monitor"),
)
_CURRENCIES = ("${}", "£{}", "{} EUR", "€{}", "USD {}")
_ORDERS = ("@@-######", "#######", "ORD-#####-##", "@#####")


class Values:
    """The values of one text: a slot named twice gets the same value, `person` and `person2` are different people.

    Args:
        dice: decides everything.
    """

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self._made: dict[str, str] = {}
        self._people: dict[str, names.Person] = {}
        self._homes: dict[str, names.Origin] = {}

    def value(self, slot: str) -> str:
        """Return the value of a slot: a kind, with a number after it if there are several."""
        if slot not in self._made:
            kind = slot.rstrip("0123456789")
            self._made[slot] = _MAKERS[kind](self, slot.removeprefix(kind))
        return self._made[slot]

    def home(self, number: str) -> names.Origin:
        """Return where the person of that number is from."""
        if number not in self._homes:
            self._homes[number] = names.origin(self.dice)
        return self._homes[number]

    def person(self, number: str) -> names.Person:
        """Return the person of that number."""
        if number not in self._people:
            self._people[number] = names.person(self.dice, self.home(number))
        return self._people[number]


def _date(values: Values) -> str:
    dice = values.dice
    day, month, year = dice.randint(1, 28), dice.randint(1, 12), dice.randint(1948, 2026)
    name = _MONTHS[month - 1]
    return dice.choice(
        (
            f"{day} {name} {year}",
            f"{name} {day}, {year}",
            f"{year}-{month:02}-{day:02}",
            f"{month:02}/{day:02}/{year}",
            f"{day}.{month}.{year}",
            f"{name[:3]} {day}",
            f"{name} {year}",
            dice.choice(_WEEKDAYS),
        )
    )


def _amount(values: Values) -> str:
    whole, cents = values.dice.randint(3, 2400), values.dice.randint(0, 99)
    return values.dice.choice(_CURRENCIES).format(f"{whole:,}.{cents:02}")


def _stamp(values: Values) -> str:
    dice = values.dice
    day = f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
    return f"{day}T{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}Z"


_MAKERS: Mapping[str, Maker] = {
    "person": lambda values, number: values.person(number).whole,
    "given": lambda values, number: values.person(number).given.split()[0],
    "family": lambda values, number: values.person(number).family,
    "handle": lambda values, number: names.handle(values.dice, values.person(number)),
    "mail": lambda values, number: names.mail(values.dice, values.person(number)),
    "street": lambda values, number: names.street(values.dice, values.home(number)),
    "address": lambda values, number: names.address(values.dice, values.home(number)),
    "zip": lambda values, number: names.postcode(values.dice, values.home(number)),
    "city": lambda values, number: names.town(values.dice, values.home(number)),
    "company": lambda values, number: names.company(values.dice, values.home(number)),
    "title": lambda values, _: names.title(values.dice),
    "country": lambda values, _: names.country(values.dice),
    "nationality": lambda values, _: names.nationality(values.dice),
    "site": lambda values, _: names.site(values.dice),
    "phone": lambda values, _: numbers.phone(values.dice),
    "card": lambda values, _: numbers.card(values.dice),
    "iban": lambda values, _: numbers.account(values.dice),
    "ssn": lambda values, _: numbers.social_security(values.dice),
    "licence": lambda values, _: numbers.driving_licence(values.dice),
    "ip": lambda values, _: numbers.internet_address(values.dice),
    "age": lambda values, _: str(values.dice.randint(18, 93)),
    "date": lambda values, _: _date(values),
    "thing": lambda values, _: values.dice.choice(_THINGS),
    "order": lambda values, _: numbers.patterned(values.dice, values.dice.choice(_ORDERS)),
    "amount": lambda values, _: _amount(values),
    "count": lambda values, _: str(values.dice.randint(2, 60)),
    "stamp": lambda values, _: _stamp(values),
    "code": lambda values, _: f"{values.dice.getrandbits(32):08x}",
}
