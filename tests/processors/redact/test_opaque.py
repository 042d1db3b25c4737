"""Identifiers that travel in clear: what hides a number behind letters is refused, what programs draw passes."""

import random
import string
import uuid
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.redact.opaque import is_opaque

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
