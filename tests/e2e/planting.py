"""Requests with canaries wherever the contract leaves a publisher room for words, and where it leaves none."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle

from processors.tasks.shop_support.sample import SampleMessage
from schemas.topics import Topic
from schemas.wire import Headers, Outbound
from tests.e2e.canaries import IN_TEXT, Canary

SENTENCES: Mapping[str, str] = {
    "name": "My name is {} and I am still waiting.",
    "name in another script": "It was ordered by {}, who lives next door.",
    "e-mail": "Please write to {} instead.",
    "telephone": "You can reach me on {} after six.",
    "telephone in national form": "My landline is {}.",
    "card": "I paid with card {} at your till.",
    "card of another scheme": "The other card is {}, if that helps.",
    "IBAN": "My account is {}.",
    "social security number": "My SSN is {}.",
    "address": "I live at {}.",
    "date of birth": "I was born on {}.",
    "passport": "They asked for my {}.",
    "IP address": "It fails from {} only.",
    "password": "My password is {}",
    "OpenAI key": "The log says key {} was used.",
    "AWS key": "aws_access_key_id = {}",
    "GitHub token": "It printed {} on the screen.",
    "Stripe key": "My configuration has {} in it.",
    "JSON web token": "Authorization: Bearer {}",
    "private key": "I found this in the parcel:\n{}",
    "connection string": "DATABASE_URL={}",
    "user name": "I am {} everywhere.",
}
CALLED = Canary("name of a conversation", "melusine-ravenscombe", ("melusine", "ravenscombe"))
QUESTIONS = (
    ("acme-shop", "cust-1001", "Where is my order AC-100102?"),
    ("acme-shop", "cust-1006", "What is your return policy?"),
    ("acme-shop", "cust-1010", "How long does the battery of the reading lamp last?"),
    ("acme-shop", "cust-1007", "Please refund AC-100701. Everything arrived wet."),
    ("nordwind", "nw-2001", "I want to speak to a human."),
    ("nordwind", "nw-2003", "Refund request for NW-200302, the tent leaks."),
    ("nordwind", "nw-2006", "Does the rain jacket have a hood that fits over a helmet?"),
    ("nordwind", "guest-23", "I want a refund."),
)
"""One for each way through the line: a template, a question back, the model, a review, a person."""


@dataclass(frozen=True)
class Planted:
    """A record for `requests` and the canaries in it."""

    message: SampleMessage
    canaries: tuple[Canary, ...]


def record(planted: Planted) -> Outbound:
    """Return what to publish."""
    message = planted.message
    return Outbound(Topic.REQUESTS, message.key, message.value, message.headers)


def said(canary: Canary) -> str:
    """Return the sentence in which a canary is told."""
    return SENTENCES[canary.name].format(canary.value)


def document(number: int, **changes: object) -> dict[str, object]:
    """Return a valid request; a change to None takes the member away."""
    tenant, principal, text = QUESTIONS[number % len(QUESTIONS)]
    role = "guest" if principal.startswith("guest") else "customer"
    given: dict[str, object] = {
        "id": f"canary-{number}",
        "source": "web-chat",
        "tenant": tenant,
        "principal": {"id": principal, "roles": [role]},
        "task": "shop-support",
        "conversation_id": f"perch-{number}",
        "text": text,
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def planted(
    value: object, canaries: Iterable[Canary], headers: Headers = (), key: bytes | None = None
) -> Planted:
    """Return a document, or bytes as they are, as a record."""
    raw = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return Planted(SampleMessage(key, raw, headers, "any", "canary"), tuple(canaries))


def well_formed() -> Iterator[Planted]:
    """Yield valid requests: each canary in free text, in an earlier turn, in a field, and in pasted documents.

    And a conversation that is called by a name.
    """
    number = 0
    for canary in IN_TEXT:
        text = f"{document(number)['text']} {said(canary)}"
        yield planted(document(number, text=text), [canary])
        number += 1
    for group in _groups(IN_TEXT, 3):
        for changes in (_as_turns(group), _as_fields(group), _as_document(number, group)):
            yield planted(document(number, **changes), group)
            number += 1
    yield planted(document(number, conversation_id=CALLED.value), [CALLED])


def _groups(canaries: tuple[Canary, ...], size: int) -> Iterator[tuple[Canary, ...]]:
    return (canaries[start : start + size] for start in range(0, len(canaries), size))


def _as_turns(group: tuple[Canary, ...]) -> dict[str, object]:
    roles = cycle(("requester", "assistant"))
    return {"turns": [{"role": next(roles), "text": said(canary)} for canary in group]}


def _as_fields(group: tuple[Canary, ...]) -> dict[str, object]:
    return {"fields": {f"note_{place}": said(canary) for place, canary in enumerate(group)}}


def _as_document(number: int, group: tuple[Canary, ...]) -> dict[str, object]:
    """Return a text with a JSON document in it, and that document once more inside a string."""
    inner = {"remarks": [{"text": said(canary)} for canary in group]}
    pasted = json.dumps({"order": inner, "payload": json.dumps(inner)}, indent=1)
    return {"text": f"{document(number)['text']} This is what your site shows:\n{pasted}"}
