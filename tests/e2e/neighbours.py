"""Customers of two shops, some in one conversation, each with values of their own; and some who copy from others."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle

from tests.e2e.canaries import Canary
from tests.e2e.planting import Planted, document, planted

_QUESTION = {
    "acme-shop": "How long does the battery of the reading lamp last?",
    "nordwind": "How heavy is the trail tent?",
}
_FIRST_COPY = 3000


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A customer with a name and an address."""

    number: int
    tenant: str
    principal: str
    conversation: str
    person: Canary
    mail: Canary


def _neighbour(number: int, tenant: str, principal: str, conversation: str, name: str) -> Neighbour:
    first, last = name.split()
    mail = f"{last.lower()}.{number}@dovecote-{number}.example"
    return Neighbour(
        number,
        tenant,
        principal,
        conversation,
        Canary(f"name of {number}", name, (first, last)),
        Canary(f"e-mail of {number}", mail, (mail, f"dovecote-{number}")),
    )


NEIGHBOURS = (
    _neighbour(2000, "acme-shop", "cust-1001", "yard-1", "Barnaby Inkpenwick"),
    _neighbour(2001, "acme-shop", "cust-1002", "yard-1", "Clemency Ravenshaugh"),
    _neighbour(2002, "acme-shop", "cust-1003", "yard-1", "Eglantine Mossbury"),
    _neighbour(2003, "acme-shop", "cust-1004", "yard-2", "Lysander Thistlecombe"),
    _neighbour(2004, "acme-shop", "cust-1005", "yard-2", "Peregrine Wobblesworth"),
    _neighbour(2005, "nordwind", "nw-2001", "yard-1", "Hildegund Farrowdale"),
    _neighbour(2006, "nordwind", "nw-2002", "yard-1", "Cuthbert Larkspurling"),
    _neighbour(2007, "nordwind", "nw-2003", "yard-3", "Isolde Pennyfeatherly"),
    _neighbour(2008, "acme-shop", "cust-1006", "yard-4", "Mortimer Quagmirely"),
    _neighbour(2009, "acme-shop", "cust-1007", "yard-4", "Rosalba Duskheimer"),
    _neighbour(2010, "nordwind", "nw-2004", "yard-4", "Sigismund Oakenfold"),
    _neighbour(2011, "nordwind", "nw-2005", "yard-4", "Tarquin Bramblecote"),
)


def neighbours() -> Iterator[Planted]:
    """Yield a request of each for the larger model, with the values it is to be addressed by."""
    for each in NEIGHBOURS:
        told = f"My name is {each.person.value}, my mail is {each.mail.value}."
        yield _asked(each, each.number, f"{told} {_QUESTION[each.tenant]}", (each.person, each.mail))


def copyists(seen: Iterable[str]) -> Iterator[Planted]:
    """Yield requests of the same people that name nobody, with others' placeholders typed in, one way each."""
    for number, (placeholder, way, each) in enumerate(
        zip(seen, cycle(_WAYS), cycle(NEIGHBOURS)), _FIRST_COPY
    ):
        yield _asked(each, number, f"{_QUESTION[each.tenant]} {way(placeholder)}", ())


def _asked(each: Neighbour, number: int, text: str, inside: tuple[Canary, ...]) -> Planted:
    changes = {
        "tenant": each.tenant,
        "principal": {"id": each.principal, "roles": ["customer"]},
        "conversation_id": each.conversation,
        "text": text,
    }
    return planted(document(number, **changes), inside, key=f"{each.tenant}/{each.conversation}".encode())


def _wide(text: str) -> str:
    """Return a text in full-width characters, which compatibility normalisation folds back."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def _hidden(text: str) -> str:
    return "\u200b".join(text)


_WAYS: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    _wide,
    _hidden,
    lambda text: text.replace("<", "&lt;").replace(">", "&gt;"),
    lambda text: json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e"),
    lambda text: text.replace("<", "%3C").replace(">", "%3E"),
    lambda text: text.replace("<", "< ").replace(">", " >"),
    lambda text: text.replace("<", "</"),
    lambda text: text.lower(),
    lambda text: text[1:-1],
    lambda text: f"<{text}>",
    lambda text: text.replace("<", "\u2329").replace(">", "\u232a"),
)
