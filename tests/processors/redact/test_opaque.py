"""Identifiers that travel in clear: what hides a number behind letters is refused, what programs draw passes."""

import base64
import random
import string
import uuid
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.redact.opaque import is_counted, is_numberless, is_opaque
from schemas.errors import Fatal

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
CARDS = ("4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "2223003122003222")
PHONES = ("2125550123", "004917012345678", "02079460958", "0170 1234567".replace(" ", ""))
WORDS = st.sampled_from(["cust", "card", "user", "ref", "tel", "k", "order", "x", "acct", "pan"])


def ulid(source: random.Random) -> str:
    moment = source.randrange(1_500_000_000_000, 2_200_000_000_000)
    return encoded((moment << 80) | source.getrandbits(80), CROCKFORD, 26)


def ksuid(source: random.Random) -> str:
    return encoded((source.randrange(2**32) << 128) | source.getrandbits(128), BASE62, 27)


def nanoid(source: random.Random) -> str:
    return "".join(source.choices(string.ascii_letters + string.digits + "_-", k=21)).lstrip("_-") or "a"


def snowflake(source: random.Random) -> str:
    """Milliseconds since an epoch of the service's own, a worker and a counter."""
    year = 365 * 24 * 3600 * 1000
    age = source.randrange(year, 20 * year)
    return str((age << 22) | source.getrandbits(22))


def encoded(number: int, alphabet: str, length: int) -> str:
    drawn = ""
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        drawn = alphabet[place] + drawn
    return drawn


def uuid4(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def uuid7(source: random.Random) -> str:
    moment = source.randrange(1_500_000_000_000, 2_200_000_000_000)
    version = (moment << 80) | (7 << 76) | (source.getrandbits(12) << 64) | (2 << 62) | source.getrandbits(62)
    return str(uuid.UUID(int=version))


def object_id(source: random.Random) -> str:
    return f"{source.randrange(1_500_000_000, 2_200_000_000):08x}{source.getrandbits(64):016x}"


def order(source: random.Random) -> str:
    letters = "".join(source.choices(string.ascii_uppercase, k=2))
    return source.choice(
        (f"{letters}-{source.randrange(10**6):06d}", f"order-2025-{source.randrange(10**6):06d}")
    )


def moment_id(source: random.Random) -> str:
    return str(source.randrange(1_500_000_000_000, 2_200_000_000_000))


GENERATORS = (uuid4, uuid7, object_id, ulid, ksuid, nanoid, snowflake, order, moment_id)


def drawn(generator: Callable[[random.Random], str], count: int) -> Iterator[str]:
    source = random.Random(f"opaque {generator.__name__}")
    return (generator(source) for _ in range(count))


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.__name__)
@pytest.mark.parametrize("frame", ["{}", "req_{}", "conv-{}", "shop:order:{}"])
def test_what_programs_draw_passes(generator: Callable[[random.Random], str], frame: str) -> None:
    refused = [each for each in drawn(generator, 2000) if not is_opaque(frame.format(each))]

    assert refused == []


@given(
    before=WORDS,
    after=st.sampled_from(["", "x", "abc", "-x"]),
    number=st.sampled_from(CARDS),
    joint=st.sampled_from(["", "-", "_", ".", "/"]),
)
def test_a_card_behind_letters_is_refused(before: str, after: str, number: str, joint: str) -> None:
    assert not is_opaque(f"{before}{joint}{number}{after}")


@given(start=st.integers(0, 99), number=st.sampled_from(CARDS), separator=st.sampled_from("-./:_"))
def test_a_card_in_groups_or_beside_another_number_is_refused(
    start: int, number: str, separator: str
) -> None:
    grouped = separator.join((number[:4], number[4:8], number[8:12], number[12:]))

    assert not is_opaque(f"cust{grouped}")
    assert not is_opaque(f"cust{start}{separator}{number}")


@given(before=WORDS, number=st.sampled_from(PHONES), joint=st.sampled_from(["", "-", "_", ":"]))
def test_a_telephone_number_behind_letters_is_refused(before: str, number: str, joint: str) -> None:
    assert not is_opaque(f"{before}{joint}{number}")


@pytest.mark.parametrize(
    "identifier",
    [
        "acctDE89370400440532013000",
        "iban-GB82WEST12345698765432",
        "ssn078-05-1120x",
        "v2tel2125550123",
        "c4111111111111111a1b2c3d4",
    ],
)
def test_accounts_and_numbers_glued_to_letters_are_refused(identifier: str) -> None:
    assert not is_opaque(identifier)


MAIL = b"anna.schmidt@mail.example"
ENCODED = {
    "base64": base64.b64encode(MAIL),
    "base64url": base64.urlsafe_b64encode(b"???~~ jq@mail.example"),
    "hexadecimal": MAIL.hex().encode(),
    "capital hexadecimal": MAIL.hex().upper().encode(),
    "hexadecimal of digits": b"4111111111111111".hex().encode(),
    "bytes": MAIL.hex(":").encode(),
    "base32": base64.b32encode(MAIL),
    "small base32": base64.b32encode(MAIL).lower(),
    "base64 twice": base64.b64encode(base64.b64encode(MAIL)),
    "a telephone number": base64.b64encode(b"+49 170 1234567"),
    "a card": base64.b64encode(b"4111111111111111"),
    "a name": base64.b64encode(b"Maya Lindqvist"),
    "a name as words": base64.b64encode(b"anna_schmidt"),
    "a UUID": str(uuid.UUID(bytes=b"anna@mail.exampl")).encode(),
}


@pytest.mark.parametrize("form", ENCODED)
@pytest.mark.parametrize("frame", ["{}", "conv-{}", "user_{}", "shop:user:{}", "{}-7", "a/b/{}/c"])
def test_what_is_personal_stays_so_in_an_encoding(form: str, frame: str) -> None:
    identifier = frame.format(ENCODED[form].decode().rstrip("="))

    assert not is_opaque(identifier)
    assert not is_numberless(identifier)


@pytest.mark.parametrize("impersonal", ["Order:12345", "gid://shop/Order/77", "cursor:2025-03-03"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.b32encode])
def test_what_is_encoded_and_impersonal_passes(impersonal: str, encode: Callable[[bytes], bytes]) -> None:
    assert is_opaque(encode(impersonal.encode()).decode().rstrip("="))


@pytest.mark.parametrize(
    "name",
    [
        "anna-schmidt",
        "anna",
        "ANNA_SCHMIDT",
        "AnnaSchmidt",
        "annaSchmidt80",
        "annaschmidt",
        "a.schmidt",
        "aschmidt",
        "cust-anna-42",
        "user:maria.garcia",
        "jorg.mueller",
        "maya-lindqvist",
        "ingunn/thorvaldsen",
    ],
)
def test_a_name_is_not_opaque_but_may_be_what_a_conversation_is_called(name: str) -> None:
    assert not is_opaque(name)
    assert is_numberless(name)
    assert not is_counted(name)


@pytest.mark.parametrize(
    "words",
    [
        "web-checkout",
        "service-account",
        "guest",
        "smoke-test",
        "jan-2025-0001",
        "san-diego-4",
        "prod-eu-west-1",
        "green-hill",
    ],
)
def test_words_that_name_nobody_are_opaque(words: str) -> None:
    assert is_opaque(words)


@pytest.mark.parametrize(
    ("identifier", "counted"),
    [
        ("conv-1", True),
        ("chat_0012", True),
        ("conv-dev-7", True),
        ("8f14e45f-ceea-467f-a9af-0d2b1e5c7f11", True),
        ("V1StGXR8_Z5jdHi6B-myT", True),
        ("conv-maya", False),
        ("lindqvist-42", False),
        ("krzysztof-9", False),
        ("perch-12", True),
        ("grace-12", False),
        ("anna-12", False),
        ("default", False),
    ],
)
def test_numbers_and_what_is_drawn_are_told_from_words(identifier: str, counted: bool) -> None:
    assert is_counted(identifier) is counted


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda generator: generator.__name__)
def test_what_programs_draw_is_hardly_ever_taken_for_words(generator: Callable[[random.Random], str]) -> None:
    taken = [each for each in drawn(generator, 2000) if not is_counted(f"conv-{each}")]

    assert len(taken) <= 4


def test_who_cannot_look_words_up_takes_them_for_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> bool:
        raise Fatal("vocabulary_missing")

    monkeypatch.setattr("processors.redact.joined_names.is_common", missing)

    assert not is_opaque("hello-world")
    assert not is_counted("perch-12")
    assert is_opaque("conv-7")
