"""Texts to search for personal data, made from templates of our own; the same number always gives the same text."""

import random

_OPENINGS = (
    "Hello, my name is {name} and I ordered a {thing} two weeks ago.",
    "Hi there, {name} here.",
    "Good morning,",
    "I have been a customer of yours for {number} years.",
    "My neighbour {name} recommended your shop to me.",
)
_MIDDLES = (
    "The {thing} arrived with a scratch on its left side and does not switch on any more.",
    "Please send it to {street} {number}, {city}, as we have moved.",
    "You can reach me at {mail} or on {phone} after six in the evening.",
    "I paid with my card {card} and would like the money back on it.",
    "The order number is AB-{digits}, and the invoice names the wrong company.",
    "It was meant as a birthday present, so it would be good to have an answer before Friday.",
    "Could you tell me whether the {thing} fits a table of 80 by 120 centimetres?",
    "The account for the refund is {iban}.",
    "Your colleague in {city} told me on the telephone that this would be no problem.",
)
_CLOSINGS = ("Kind regards, {name}", "Thanks a lot!", "Best, {name}", "Thank you and have a nice day.", "")
_FIRST = ("Maria", "Jonas", "Amina", "Peter", "Chloe", "Rashid", "Ingrid", "Tomas", "Leila", "Oscar")
_LAST = ("Halvorsen", "Okonkwo", "Brandt", "Moreau", "Castellano", "Whitfield", "Nakamura", "Petrov")
_CITIES = ("Leeds", "Rotterdam", "Graz", "Bristol", "Uppsala", "Cork", "Antwerp")
_STREETS = ("Mill Lane", "Harbour Street", "Station Road", "Chestnut Avenue")
_THINGS = ("desk lamp", "coffee grinder", "wool blanket", "folding chair", "rain jacket", "tea pot")


def documents(count: int) -> list[str]:
    """Return so many e-mails of two to six sentences, most of them with something personal in them."""
    dice = random.Random(20)
    return [_document(dice) for _ in range(count)]


def _document(dice: random.Random) -> str:
    middles = dice.sample(_MIDDLES, dice.randint(1, 4))
    parts = (dice.choice(_OPENINGS), *middles, dice.choice(_CLOSINGS))
    return " ".join(part.format(**_values(dice)) for part in parts if part)


def _values(dice: random.Random) -> dict[str, str]:
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    return {
        "name": f"{first} {last}",
        "mail": f"{first.lower()}.{last.lower()}@mailbox.example",
        "phone": f"07700 900{dice.randint(100, 999)}",
        "card": "4111 1111 1111 1111",
        "iban": "DE89 3704 0044 0532 0130 00",
        "digits": f"{dice.randint(0, 999_999):06}",
        "number": str(dice.randint(2, 90)),
        "street": dice.choice(_STREETS),
        "city": dice.choice(_CITIES),
        "thing": dice.choice(_THINGS),
    }
