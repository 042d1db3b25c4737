"""Other ways in which people and programs write a value."""

import base64
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from urllib.parse import quote

from tests.e2e.canaries import IN_TEXT, Canary
from tests.e2e.planting import SENTENCES, Planted, document, planted

_FIRST = 6000


def _in_base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _in_base64_for_addresses(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def _with_every_byte_percent_encoded(value: str) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode())


def _full_width(value: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in value)


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "Base64": _in_base64,
    "Base64 for addresses": _in_base64_for_addresses,
    "hexadecimal": lambda value: value.encode().hex(),
    "percent-encoded": lambda value: quote(value, safe=""),
    "every byte percent-encoded": _with_every_byte_percent_encoded,
    "entities": lambda value: "".join(f"&#{ord(each)};" for each in value),
    "code points": lambda value: "".join(f"\\u{ord(each):04x}" for each in value),
    "full width": _full_width,
    "hidden characters": "\u200b".join,
    "upper case": str.upper,
    "lower case": str.lower,
    "reversed": lambda value: value[::-1],
    "spaced": " ".join,
}


def disguised() -> Iterator[Planted]:
    """Yield a request for each canary, each in another disguise than the one before."""
    for number, (canary, name) in enumerate(zip(IN_TEXT, cycle(DISGUISES), strict=False), _FIRST):
        yield request(number, canary, name)


def request(number: int, canary: Canary, disguise: str) -> Planted:
    """Return a request in which a canary is told in a disguise."""
    told = SENTENCES[canary.name].format(DISGUISES[disguise](canary.value))
    return planted(document(number, text=f"{document(number)['text']} {told}"), [canary])
