"""Canaries where no words belong: in keys, headers and identifiers, and in records that are no requests at all."""

import json
from collections.abc import Iterator

from schemas.requests import MAX_REQUEST_BYTES
from schemas.wire import Headers
from tests.e2e.canaries import Canary
from tests.e2e.planting import Planted, document, planted

KEYED_CARD = Canary("card in a field's key", "5355221908477161")
KEYED_IBAN = Canary("IBAN in a field's key", "gb29nwbk60161331926819")
NUMBER = Canary("card as a number", "6011009933551272")
FIELD_NAME = Canary("name in a field", "ignatz vorobyov-kahl", ("ignatz", "vorobyov"))
FIELD_PASSWORD = Canary("password in a field", "perch+ladder+tulip", ("perch+ladder", "ladder+tulip"))
FIELD_BIRTH = Canary("date of birth in a field", "1968-07-19")
FIELD_TOWN = Canary("town in a field", "nether wobbleford", ("wobbleford",))
KAFKA_KEY = Canary("Kafka key", "key.of.perpetua@szalinski-post.example", ("perpetua", "szalinski"))
HEADER = Canary("header", "Ottoline Marchbanksy <o.m@marchbanksy.example>", ("Ottoline", "marchbanksy"))
HEADER_NAME = Canary("header's name", "x-cornelius-flapdoodle", ("flapdoodle",))
TRACE = Canary("trace context", "hedwig@trundlewick.example", ("trundlewick",))
TRACE_ID = Canary("trace id", "hedwig@trundl.ex")
UNREADABLE = Canary("record that is no request", "Balthasar Snodgrassian", ("Balthasar", "Snodgrassian"))
REFUSED = Canary("refused request", "Wilhelmina Grubbleton", ("Wilhelmina", "Grubbleton"))
ID_CARD = Canary("card as identifier", "4532866102755900")
ID_TELEPHONE = Canary("telephone as identifier", "0049-170-3352081", ("170-3352081", "1703352081"))
ID_KEY = Canary("key as identifier", "AKIAQ8RTWZX5NVKJ2MLP")
LANGUAGE = Canary("language tag", "en-kunigund-zwiebelf", ("kunigund", "zwiebelf"))

MANGLED = (
    *(KEYED_CARD, KEYED_IBAN, NUMBER, FIELD_NAME, FIELD_PASSWORD, FIELD_BIRTH, FIELD_TOWN),
    *(
        KAFKA_KEY,
        HEADER,
        HEADER_NAME,
        TRACE,
        TRACE_ID,
        UNREADABLE,
        REFUSED,
        ID_CARD,
        ID_TELEPHONE,
        ID_KEY,
        LANGUAGE,
    ),
)

_TOLD = f"I am {REFUSED.value}."
_FIRST = 1000


def mangled() -> Iterator[Planted]:
    """Yield records with canaries outside of what people write."""
    yield from _in_fields()
    yield from _beside_the_value()
    yield from _in_identifiers()
    yield from _unreadable()
    yield from _refused()


def _in_fields() -> Iterator[Planted]:
    fields = {
        f"card-{KEYED_CARD.value}": "yes",
        KEYED_IBAN.value: True,
        "reference": int(NUMBER.value),
        "customer_name": FIELD_NAME.value,
        "password": FIELD_PASSWORD.value,
        "date_of_birth": FIELD_BIRTH.value,
        "city": FIELD_TOWN.value,
    }
    inside = (KEYED_CARD, KEYED_IBAN, NUMBER, FIELD_NAME, FIELD_PASSWORD, FIELD_BIRTH, FIELD_TOWN)
    yield planted(document(_FIRST, fields=fields), inside)
    yield planted(document(_FIRST + 1, language=LANGUAGE.value), [LANGUAGE])


def _beside_the_value() -> Iterator[Planted]:
    """Keys and headers of readable requests, and of one that is refused."""
    event: Headers = (("ce_specversion", b"1.0"), ("ce_type", HEADER.value.encode()))
    extensions = ("ce_subject", "ce_customer", "ce_time", "x-forwarded-for", "baggage")
    headers: Headers = (
        *event,
        *((name, HEADER.value.encode()) for name in extensions),
        (HEADER_NAME.value, HEADER.value.encode()),
        ("x-raw", b"\xff\xfe" + HEADER.value.encode("utf-16-le") + HEADER.value.encode()),
        ("traceparent", f"00-{TRACE.value}-{TRACE.value}-01".encode()),
        ("tracestate", f"shop={TRACE.value}".encode()),
        ("sluicegate-attempts", TRACE.value.encode()),
        ("sluicegate-forward-to", TRACE.value.encode()),
    )
    inside = (KAFKA_KEY, HEADER, HEADER_NAME, TRACE)
    key = KAFKA_KEY.value.encode()
    yield planted(document(_FIRST + 2), inside, headers, key)
    yield planted(document(_FIRST + 3, source="nobody"), inside, headers, key)
    spelt = f"00-{TRACE_ID.value.encode().hex()}-{TRACE_ID.value.encode()[:8].hex()}-01".encode()
    yield planted(document(_FIRST + 6), [TRACE_ID], (("traceparent", spelt),))
    yield planted(document(_FIRST + 4), inside, (*headers, ("content-type", HEADER.value.encode())), key)
    attributes = {"specversion": "1.0", "type": "request", "subject": HEADER.value, "customer": HEADER.value}
    structured = {**attributes, "data": document(_FIRST + 5)}
    yield planted(structured, [HEADER, KAFKA_KEY], (("content-type", b"application/cloudevents+json"),), key)


def _in_identifiers() -> Iterator[Planted]:
    for number, canary in enumerate((ID_CARD, ID_TELEPHONE, ID_KEY), _FIRST + 10):
        yield planted(document(number, id=canary.value), [canary])
        yield planted(document(number, conversation_id=canary.value), [canary])
        yield planted(document(number, principal={"id": canary.value, "roles": ["customer"]}), [canary])


def _unreadable() -> Iterator[Planted]:
    whole = json.dumps(document(_FIRST + 20, text=UNREADABLE.value))
    padding = "x" * MAX_REQUEST_BYTES
    for value in (
        UNREADABLE.value.encode(),
        whole[:-9].encode(),
        whole[:-1].encode() + b", NaN}",
        whole.encode("utf-16"),
        b"\xff" + whole.encode(),
        json.dumps(UNREADABLE.value).encode(),
        json.dumps([UNREADABLE.value, {UNREADABLE.value: UNREADABLE.value}]).encode(),
        json.dumps({"a": [[[[UNREADABLE.value]]]]}).encode(),
        json.dumps(document(_FIRST + 21, text=UNREADABLE.value + padding)).encode(),
    ):
        yield planted(value, [UNREADABLE], key=UNREADABLE.value.encode())


def _refused() -> Iterator[Planted]:
    """Yield JSON with a mistake in it, and requests that nobody may make."""
    for number, changes in enumerate(_MISTAKES, _FIRST + 30):
        yield planted(json.dumps(document(number, **changes)).encode(), [REFUSED])


_SLUG = REFUSED.value.lower().replace(" ", "-")
_MISTAKES: tuple[dict[str, object], ...] = (
    {"text": [_TOLD]},
    {"text": {"en": _TOLD}},
    {"text": 17, "fields": {"note": _TOLD}},
    {"surname": _TOLD},
    {_TOLD: 1},
    {"fields": {_TOLD: 1}},
    {"fields": {"note": {"nested": _TOLD}}},
    {"turns": [{"role": _TOLD, "text": "x"}]},
    {"priority": _TOLD},
    {"deadline": _TOLD},
    {"budget": {"max_cost_usd": _TOLD}},
    {"language": _TOLD},
    {"id": _TOLD},
    {"principal": {"id": _TOLD}},
    {"principal": {"id": "cust-1001", "roles": [_TOLD]}},
    {"conversation_id": _TOLD},
    {"text": f"{_TOLD}\ud800"},
    {"text": _TOLD, "source": REFUSED.value.replace(" ", "/")},
    {"text": _TOLD, "tenant": _SLUG},
    {"text": _TOLD, "task": _SLUG},
    {
        "text": _TOLD,
        "principal": {"id": "cust-1001", "roles": [_SLUG]},
    },
    {"text": _TOLD, "deadline": "2001-01-01T00:00:00Z"},
    {"text": _TOLD, "budget": {"max_cost_usd": "0", "max_tokens": 0}},
)
