"""Values that stand nowhere else in the world, and the search for them in whatever form they might get out."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Canary:
    """A planted value.

    Attributes:
        value: as its owner would write it.
        telling: pieces of it of which each alone would give it away; the whole value if there are none.
    """

    name: str
    value: str
    telling: tuple[str, ...] = ()

    @property
    def needles(self) -> tuple[str, ...]:
        """What must not be found."""
        return self.telling or (self.value,)


@dataclass(frozen=True, slots=True)
class Haystack:
    """Something to be searched: a record's part, a file, a column."""

    place: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Hit:
    """A canary that was found. It names no value, so that a failing test does not print one."""

    place: str
    canary: str
    form: str


@dataclass(frozen=True, slots=True)
class Form:
    """A string that a needle can turn into.

    Attributes:
        exact: case carries meaning; otherwise it is in lower case, to be looked for in a text in lower case.
    """

    name: str
    written: bytes
    exact: bool


def forms(needle: str) -> list[Form]:
    """Return a needle in clear, reversed, escaped for JSON and for addresses, in hexadecimal and in Base64."""
    raw = needle.encode()
    escaped = json.dumps(needle)[1:-1]
    folded = {
        "clear": needle,
        "reversed": needle[::-1],
        "JSON-escaped": escaped,
        "JSON-escaped but for letters": json.dumps(needle, ensure_ascii=False)[1:-1],
        "JSON in JSON": json.dumps(escaped)[1:-1],
        "code points": "".join(f"\\u{ord(character):04x}" for character in needle),
        "percent-encoded": quote(needle, safe=""),
        "every byte percent-encoded": "".join(f"%{byte:02x}" for byte in raw),
        "hexadecimal": raw.hex(),
        "bytes literal": repr(raw)[2:-1],
    }
    cases = {"": raw, " of upper case": needle.upper().encode(), " of lower case": needle.lower().encode()}
    exact = {
        f"Base64{alphabet}{case}, {shift} on": encoded
        for case, plain in cases.items()
        for shift in range(3)
        for alphabet, encoded in _base64(plain, shift).items()
    }
    found = {
        text.lower().encode(): Form(name, text.lower().encode(), exact=False)
        for name, text in reversed(folded.items())
    }
    coded = {text: Form(name, text, exact=True) for name, text in reversed(exact.items())}
    return [*reversed(found.values()), *reversed(coded.values())]


def _base64(raw: bytes, shift: int) -> dict[str, bytes]:
    """Return what is certain of the Base64 of bytes that follow `shift` others and precede any."""
    before = b"\0" * shift
    first, last = -(-shift * 8 // 6), (shift + len(raw)) * 8 // 6
    plain = base64.b64encode(before + raw)[first:last]
    safe = base64.urlsafe_b64encode(before + raw)[first:last]
    return {"": plain, " for addresses": safe}


class Search:
    """Looks for canaries, in any case and form."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self.canaries = tuple(canaries)
        self._forms = [
            (canary.name, form)
            for canary in self.canaries
            for needle in canary.needles
            for form in forms(needle)
        ]

    def hits(self, haystacks: Iterable[Haystack]) -> list[Hit]:
        """Return each canary and form found in each place, once."""
        piles = [(haystack, _folded(haystack.content)) for haystack in haystacks]
        exact = _BETWEEN.join(haystack.content for haystack, _ in piles)
        folded = _BETWEEN.join(text for _, text in piles)
        present = [
            (canary, form)
            for canary, form in self._forms
            if form.written in (exact if form.exact else folded)
        ]
        found = (
            Hit(haystack.place, canary, form.name)
            for haystack, text in piles
            for canary, form in present
            if form.written in (haystack.content if form.exact else text)
        )
        return list(dict.fromkeys(found))


_BETWEEN = b"\n\0\n"


def _folded(content: bytes) -> bytes:
    return content.decode(errors="replace").lower().encode()


# Names are of nobody; numbers satisfy their checksums; keys have the shape of their provider's and open nothing.
IN_TEXT = (
    Canary("name", "Thaddeus Quillfeather", ("Thaddeus", "Quillfeather")),
    Canary("name in another script", "Þorgrímur Æsilíusson", ("Þorgrímur", "Æsilíusson")),
    Canary("e-mail", "t.quillfe4ther@harbottle-mail.example", ("t.quillfe4ther", "harbottle-mail")),
    Canary("telephone", "+44 7911 204 866", ("7911 204 866",)),
    Canary("telephone in national form", "020 7946 0731", ("7946 0731",)),
    Canary("card", "4929 7715 3382 0946", ("4929 7715 3382 0946", "3382 0946")),
    Canary("card of another scheme", "371449635398423"),
    Canary("IBAN", "DE42 2105 0170 0091 8273 64", ("2105 0170 0091 8273 64", "0091 8273")),
    Canary("social security number", "531-48-2907"),
    Canary("address", "14 Wexcombe Hollow, Ludgershall SP11 9RT", ("Wexcombe", "Ludgershall", "SP11 9RT")),
    Canary("date of birth", "17 March 1968", ("March 1968",)),
    Canary("passport", "passport 537281946", ("537281946",)),
    Canary("IP address", "198.51.100.237"),
    Canary("password", "Wr3nch&Sp4nner!", ("Wr3nch", "Sp4nner")),
    Canary("OpenAI key", "sk-proj-Hq7vTz2LmXw9RbYc4KdJn6PsFg8Ua3Ee", ("Hq7vTz2LmXw9", "KdJn6PsFg8Ua3Ee")),
    Canary("AWS key", "AKIAZQ7NWVJ3KXT4MPRH"),
    Canary("GitHub token", "ghp_Vb7Kq2Zt9Xw4Rm6Yc8Ld3Nf5Hj1Gs0Pa2Ue4", ("Vb7Kq2Zt9Xw4", "Nf5Hj1Gs0Pa2Ue4")),
    Canary("Stripe key", "sk_live_51Nx7QpBv2ZtRk8WmYc4HdLs6", ("Nx7QpBv2ZtRk8WmYc4HdLs6",)),
    Canary(
        "JSON web token",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJxdWlsbCIsIm4iOjkxN30.kT4vWq9ZrXb2LmYc7HdJs5NpFg8Ua1Ee3Ri6To0Ku",
        ("eyJzdWIiOiJxdWlsbCIsIm4iOjkxN30", "kT4vWq9ZrXb2LmYc7HdJs5NpFg8Ua1Ee3Ri6To0Ku"),
    ),
    Canary(
        "private key",
        "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49XqZw8TvKb3RmYp\nLc6HdJs9NfGt2Ua5Ee7Wx==\n-----END PRIVATE KEY-----",
        ("MBMGByqGSM49XqZw8TvKb3RmYp", "Lc6HdJs9NfGt2Ua5Ee7Wx"),
    ),
    Canary(
        "connection string",
        "postgres://svc_ledger:Gr1mbleWeft@db7.harbottle-int.example:5432/ledger",
        ("Gr1mbleWeft", "svc_ledger"),
    ),
    Canary("user name", "@quillfeather_68"),
)
"""Written into free text, turns, fields and pasted documents."""
