from collections.abc import Callable, Iterable

import pytest

from processors.redact import rules
from processors.redact.rules import addresses, companies, contacts, names, numbers, secrets
from processors.redact.rules.spans import merge
from schemas.ports import Span

RANDOM = "9aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1x"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{RANDOM}\n{RANDOM}==\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJlLW9m-Jane_x"


def values(rule: Callable[[str], Iterable[Span]], text: str) -> dict[str, str]:
    return {text[span.start : span.end]: span.entity for span in merge(text, rule(text))}


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        f"ghp_{RANDOM}abcd",
        f"github_pat_{RANDOM}",
        f"glpat-{RANDOM[:20]}",
        "xoxb-123456789012-1234567890123-abcDEF",
        f"sk_live_{RANDOM[:24]}",
        f"whsec_{RANDOM}",
        f"sk-ant-api03-{RANDOM}",
        f"AIza{RANDOM}abc",
        f"npm_{RANDOM}abcd",
        f"pypi-AgEIcHlwaS5vcmc{RANDOM}",
        f"SG.{RANDOM[:22]}.{RANDOM}",
        f"hf_{RANDOM}",
        f"shpat_{'0a1b2c3d' * 4}",
        f"dapi{'0a1b2c3d' * 4}",
        f"hvs.{RANDOM}",
        f"xapp-1-A0-{RANDOM}",
        f"123456789:AA{RANDOM}",
        JWT,
        PEM,
        "postgres://shop:s3cr3t@db.internal:5432/orders?sslmode=require",
        "amqp://:hunter2@mq.internal/vhost",
        RANDOM,
        "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "see {} please", '{{"k": "{}"}}', "K={}", "log: [{}]", "({})"])
def test_a_secret_is_covered_whole_wherever_it_stands(secret: str, frame: str) -> None:
    text = frame.format(secret)
    start = text.index(secret)
    spans = merge(text, secrets.find(text))

    assert any(span.start <= start and start + len(secret) <= span.end for span in spans)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("password: hunter2!", "hunter2!"),
        ("PASSWORD=correct-horse next", "correct-horse"),
        ('{"client_secret": "two words"}', "two words"),
        ("api-key = 'abc123'", "abc123"),
        ("Authorization: Bearer abc.def-123456", "abc.def-123456"),
        ("mein Passwort ist Sommer2024!", "Sommer2024!"),
        ("mot de passe : soleil99", "soleil99"),
        ("la contraseña es Verano_24", "Verano_24"),
        ("DB_PASSWORD=x9", "x9"),
        ("cvv 123", "123"),
        ("my PIN is 4711", "4711"),
    ],
)
def test_what_is_assigned_to_a_secret_word_is_a_secret(text: str, value: str) -> None:
    assert values(secrets.find, text) == {value: "SECRET"}


@pytest.mark.parametrize(
    "text",
    [
        "the password is wrong",
        "I forgot my password and need a new one",
        "ein Rücksendeetikett-Download funktioniert nicht",
        "the state-of-the-art 2024 edition of the well-known-waterproof-backpack",
        "a pinned message, a tan jacket and the secret of success",
    ],
)
def test_talk_of_secrets_is_none(text: str) -> None:
    assert values(secrets.find, text) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("card 4111-1111-1111-1111", {"4111-1111-1111-1111": "CREDIT_CARD"}),
        ("card 4111111111111112", {"4111111111111112": "NUMBER"}),
        ("card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", {"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1": "CREDIT_CARD"}),
        ("ring (0)30 901820 44", {"(0)30 901820 44": "PHONE_NUMBER"}),
        ("Tel.: 555-0123", {"555-0123": "PHONE_NUMBER"}),
        ("00 33 6 12 34 56 78", {"00 33 6 12 34 56 78": "PHONE_NUMBER"}),
        ("customer 12345", {"12345": "NUMBER"}),
        ("parcel 1Z999AA10123456784", {"1Z999AA10123456784": "NUMBER"}),
        ("ticket AB-123456", {"AB-123456": "NUMBER"}),
        ("ssn 078-05-1120", {"078-05-1120": "US_SSN"}),
        ("application no. 4127/98", {"4127/98": "NUMBER"}),
        ("filed as II K 417/95, and 712/2000", {"II K 417/95": "NUMBER", "712/2000": "NUMBER"}),
        ("my member number is 4711", {"4711": "NUMBER"}),
        ("it is 46-633 there, or 325 09", {"46-633": "NUMBER", "325 09": "NUMBER"}),
        ("badge AB-123", {"AB-123": "NUMBER"}),
        ("registration number 34 ABC 12 is mine", {"34 ABC 12": "NUMBER"}),
        ("open 24/7, size EU 42/44, 1/2 off", {}),
        ("1234", {}),
        ("12.11.2025 and 2025-11-12 and 11/12/25", {}),
        ("at 2025-11-12T14:30:00", {}),
        ("2025-11-12 14:30, 12.11.2025 19 Uhr", {}),
        ("129.90 EUR, 1.299,00 €, $12500, 12500.00 USD", {}),
        ("size 42, 2 x 500 ml, 10 to 12 days", {}),
    ],
)
def test_numbers_that_name_something_are_told_from_dates_and_amounts(
    text: str, expected: dict[str, str]
) -> None:
    assert values(numbers.find, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jane@localhost!", {"jane@localhost": "EMAIL_ADDRESS"}),
        ("(jane.doe@mail.example)", {"jane.doe@mail.example": "EMAIL_ADDRESS"}),
        ("jane [at] mail [dot] example", {"jane [at] mail [dot] example": "EMAIL_ADDRESS"}),
        ("jane at mail dot example", {"jane at mail dot example": "EMAIL_ADDRESS"}),
        ("see https://shop.example/o?u=jane.", {"https://shop.example/o?u=jane": "URL"}),
        ("see shop.example.com/jane, ok", {"shop.example.com/jane": "URL"}),
        ("me on @jane_doe.", {"@jane_doe": "USERNAME"}),
        ("thanks @ jane_doe!", {"@ jane_doe": "USERNAME"}),
        ("2 shirts @ 10 EUR", {}),
        ("my username is jane_doe88, ok", {"jane_doe88": "USERNAME"}),
        ("insta: jane.doe.", {"jane.doe": "USERNAME"}),
        ("the user wants 2 of them, login fails", {}),
        ("from 2001:db8::ff00:42:8329 now", {"2001:db8::ff00:42:8329": "IP_ADDRESS"}),
        ("mac 00:1b:44:11:3a:b7", {"00:1b:44:11:3a:b7": "MAC_ADDRESS"}),
        ("GB82 WEST 1234 5698 7654 32 is mine", {"GB82 WEST 1234 5698 7654 32": "IBAN_CODE"}),
        ("de89370400440532013000", {"de89370400440532013000": "IBAN_CODE"}),
        ("DE00 3704 0044 0532 0130 00", {"DE00 3704 0044 0532 0130 00": "IBAN_CODE"}),
        ("at 14:30:05, version 1.2.3, e.g. this", {}),
        ("it broke.So I wait", {}),
    ],
)
def test_contacts(text: str, expected: dict[str, str]) -> None:
    assert values(contacts.find, text) == expected


@pytest.mark.parametrize(
    "address",
    [
        "221B Baker Street, London NW1 6XE",
        "1600 Pennsylvania Ave NW, Washington, DC 20500",
        "Hauptstraße 12, 10115 Berlin",
        "Am Alten Markt 5",
        "12 bis, rue de la Paix, 75002 Paris",
        "Calle Mayor 5, 28013 Madrid",
        "PO Box 1234",
        "CH-8001 Zürich",
        "SW1A 2AA",
    ],
)
def test_an_address_is_covered_whole(address: str) -> None:
    text = f"to {address}."

    assert values(addresses.find, text) == {address: "LOCATION"}


@pytest.mark.parametrize(
    "text",
    ["Am Montag kam es", "via PayPal", "I need 2 Blue Shirts", "Im Januar 2026", "send it to my friend"],
)
def test_these_are_no_addresses(text: str) -> None:
    assert values(addresses.find, text) == {}


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Dear Mr. Okonkwo, hello", "Mr. Okonkwo"),
        ("Sehr geehrte Frau von Arnim,", "Frau von Arnim"),
        ("mein Name ist Jürgen Groß und", "Jürgen Groß"),
        ("je m'appelle Aurélie Lefèvre.", "Aurélie Lefèvre"),
        ("Me llamo Íñigo Zubizarreta,", "Íñigo Zubizarreta"),
        ("my name is jane doe", "jane doe"),
        ("Hi Jane,\nthanks", "Jane"),
        ("Kind regards,\nJane R. Doe", "Jane R. Doe"),
        ("Viele Grüße\nJürgen", "Jürgen"),
        ("before Judge Wood today", "Wood"),
        ("Lord Justice Law agreed", "Law"),
        ("Young, James and Hope v. Malta", "Young, James and Hope"),
        ("asked Dr. Jane van Dyke, DDS about", "Dr. Jane van Dyke, DDS"),
        ("said Mr X in court", "Mr X"),
        ("the applicant, Ms B.C., who", "Ms B.C."),
        ("heard Mr J.M.K. again", "Mr J.M.K."),
        ("Chère Amandine,\nje", "Amandine"),
        ("Cher Yannick,\nje", "Yannick"),
    ],
)
def test_a_person_is_told_by_the_words_around(text: str, person: str) -> None:
    assert person in values(names.find, text)


@pytest.mark.parametrize(
    "text", ["Hi there, hello Team!", "Dear Support,", "Thanks, Please hurry", "Hallo zusammen,"]
)
def test_greetings_to_nobody_name_nobody(text: str) -> None:
    assert values(names.find, text) == {}


@pytest.mark.parametrize(
    ("text", "value", "entity"),
    [
        ("I was born on 12/03/1985", "12/03/1985", "DATE_OF_BIRTH"),
        ("geboren am 3. März 1985", "3. März 1985", "DATE_OF_BIRTH"),
        ("I am 34 years old", "34", "AGE"),
        ("i'm 58 y/o.", "58", "AGE"),
        ("he just turned 60", "60", "AGE"),
        ("a 75 year old lady", "75", "AGE"),
        ("then aged 9 and", "9", "AGE"),
    ],
)
def test_a_date_is_personal_when_somebody_was_born_on_it(text: str, value: str, entity: str) -> None:
    assert values(names.find, text) == {value: entity}


@pytest.mark.parametrize(
    "text",
    ["my 2 year old laptop", "I am 100 % sure", "turned 180 degrees", "they are 5 EUR each", "it's 10 days"],
)
def test_these_are_no_ages(text: str) -> None:
    assert values(names.find, text) == {}


@pytest.mark.parametrize(
    "text",
    ["I'm Amanda's daughter", "this is Jane de Groot", "Lord Chancellor", "the Sister Company", "Mr and Mrs"],
)
def test_a_name_ends_where_its_words_end(text: str) -> None:
    assert set(values(names.find, text)) <= {"Amanda's", "Jane de Groot"}


def test_merging_covers_the_same_characters_without_overlap() -> None:
    text = "postgres://jane@host 12345 Jane Doe "
    spans = [Span(0, 20, "URL", 0.5), Span(11, 20, "EMAIL_ADDRESS", 0.9), Span(21, 26, "NUMBER", 0.1)]

    assert merge(text, spans) == [Span(0, 20, "URL", 0.5), Span(21, 26, "NUMBER", 0.1)]


def test_a_specific_type_wins_over_a_longer_generic_one() -> None:
    assert merge("0123456789", [Span(0, 10, "NUMBER", 0.4), Span(2, 8, "PHONE_NUMBER", 0.9)]) == [
        Span(0, 10, "PHONE_NUMBER", 0.9)
    ]


def test_a_first_and_a_last_name_become_one_person() -> None:
    text = "Jane Doe  Roe"
    spans = [Span(0, 5, "PERSON", 0.8), Span(5, 8, "NAME", 0.3), Span(10, 13, "LOCATION", 0.5)]

    assert merge(text, spans) == [Span(0, 8, "PERSON", 0.8), Span(10, 13, "LOCATION", 0.5)]


@pytest.mark.parametrize(
    "repeated",
    [
        "a.",
        "@",
        "a@",
        "1-",
        "A-",
        "<",
        ":",
        "eyJ",
        "DE89 ",
        "Mr A ",
        "zip is ",
        "password:",
        "Aa 1 and ",
        "ul. a 1 ",
        "J. Aa ",
        "Aa v. ",
        "12 Aa\n",
        "Apt 1, ",
        "no A-1 ",
        "1/",
        "aweg 1 ",
        "corner of ",
    ],
)
def test_every_rule_ends_on_texts_made_to_be_slow(repeated: str) -> None:
    text = repeated * (20_000 // len(repeated))

    assert all(0 <= span.start < span.end <= len(text) for span in merge(text, rules.find(text)))


@pytest.mark.parametrize("street", [" Street", "stra\u00dfe 1"])
def test_a_word_of_an_address_has_an_end(street: str) -> None:
    """Else each word of a text without blanks is read to the text's end: minutes for one request, and nothing can interrupt it."""
    assert values(addresses.find, f"A{'b' * 40}{street}")
    assert values(addresses.find, f"A{'b' * 400}{street}") == {}


@pytest.mark.parametrize(
    ("text", "company"),
    [
        ("we are Brightwater Joinery Ltd.", "Brightwater Joinery Ltd."),
        ("bei der Nordlicht Handels GmbH in", "Nordlicht Handels GmbH"),
        ("for Marsh, Hale and Pike Inc now", "Marsh, Hale and Pike Inc"),
        ("an Zelkova d.o.o. geliefert", "Zelkova d.o.o."),
    ],
)
def test_a_company_is_told_by_its_legal_form(text: str, company: str) -> None:
    assert values(companies.find, text) == {company: "ORGANIZATION"}


@pytest.mark.parametrize(
    "text", ["5 kg of it", "the offer is Limited", "Order AB-123456", "Order AB 42", "a limited edition"]
)
def test_these_are_no_companies(text: str) -> None:
    assert values(companies.find, text) == {}


def test_an_account_within_a_firm_s_name_is_an_account() -> None:
    text = "Bank of Ireland IE29 AIBK 9311 5212 3456 78 Dublin"
    firm, account = Span(0, 50, "ORGANIZATION", 0.85), Span(16, 43, "IBAN_CODE", 1.0)

    assert merge(text, [firm, account]) == [Span(0, 50, "IBAN_CODE", 1.0)]
