"""Values disguised in every way we know of, in sentences. All values are invented."""

import base64
import codecs
import json
import quopri
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

Disguise = Callable[[str], str]

VALUES = {
    "email": ("tamsin.okoro@brightquay.example", "grace_hunter84@mail.oakfield.example"),
    "card": ("4539 5787 6362 1486", "371449635398431"),
    "ssn": ("219-64-8830", "531-07-4412"),
    "phone": ("+44 20 7946 0958", "0171 5550182"),
    "iban": ("GB94 BARC 1020 1530 0934 59", "DE02120300000000202051"),
    "name": ("Tamsin Okoro", "Jane Bloomfield"),
    "key": ("ghp_9fK2vQx7LmT4bRz8WcY1nJd6PsHg3EaU0oVi", "AKIAQ3ZT7YVMX2LPRD4K"),
}
PHRASES = {
    "email": (
        "Please write to {} about the parcel.",
        "my address is {} since last year",
        "{} is where you can reach me, thanks",
    ),
    "card": (
        "I paid with card {} last week.",
        "please charge {} instead",
        "{} was declined, why?",
    ),
    "ssn": (
        "My social security number is {}.",
        "they asked for {} on the form",
        "{} is my number, please check",
    ),
    "phone": (
        "Call me on {} after work.",
        "you can reach my husband under {} in the evening",
        "{} is my number at home",
    ),
    "iban": (
        "Send the refund to {} please.",
        "my bank account: {}",
        "{} is the account you should use",
    ),
    "name": (
        "My name is {} and I need help.",
        "the parcel was handed to {} next door",
        "{} ordered the shoes in March",
    ),
    "key": (
        "The build uses {} for the webhook.",
        "I pasted {} into the chat by mistake",
        "{} does not work any more",
    ),
}
NUMBERS = ("card", "ssn", "phone")
WRITTEN = ("email", "name", "key")
EVERYTHING = tuple(VALUES)


@dataclass(frozen=True)
class Sample:
    """A text in which a value stands disguised from `start` to `end`."""

    kind: str
    value: str
    text: str
    start: int
    end: int


def _each(change: Disguise) -> Disguise:
    return lambda value: "".join(map(change, value))


def _from(first: str, last: str, begin: int) -> dict[int, int]:
    return {place: begin + place - ord(first) for place in range(ord(first), ord(last) + 1)}


def _translated(*ranges: tuple[str, str, int]) -> Disguise:
    table = {place: made for each in ranges for place, made in _from(*each).items()}
    return lambda value: value.translate(table)


def _replaced(written: str, instead: str) -> Disguise:
    return lambda value: value.translate(str.maketrans(written, instead))


def _spelt(words: str, joint: str = " ") -> Disguise:
    spelt = dict(zip("0123456789", words.split(), strict=True))
    return lambda value: joint.join(spelt[digit] for digit in value if digit.isdigit())


def _apart(joint: str) -> Disguise:
    return lambda value: joint.join(value.replace(" ", ""))


def _grouped(joint: str) -> Disguise:
    return lambda value: joint.join(value.replace("-", " ").split())


def _address(at: str, dot: str) -> Disguise:
    return lambda value: value.replace("@", at).replace(".", dot)


def _json(value: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in value)


def _inside(between: str) -> Disguise:
    return between.join


def _fewer(value: str) -> str:
    return value.replace("0", "O").replace("1", "l")


ENGLISH = "zero one two three four five six seven eight nine"
GERMAN = "null eins zwei drei vier f\u00fcnf sechs sieben acht neun"
FRENCH = "z\u00e9ro un deux trois quatre cinq six sept huit neuf"
SPANISH = "cero uno dos tres cuatro cinco seis siete ocho nueve"
CYRILLIC = _replaced(
    "aceopxysiABCEHIKMOPT",
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0455\u0456\u0410\u0412\u0421\u0415\u041d\u0406\u041a\u041c\u041e\u0420\u0422",
)
GREEK = _replaced(
    "aoivkuABEHIKMNOPTXYZ",
    "\u03b1\u03bf\u03b9\u03bd\u03ba\u03c5\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u03a5\u0396",
)

DISGUISES: dict[str, tuple[Disguise, tuple[str, ...]]] = {
    "full width": (_translated(("!", "~", 0xFF01)), EVERYTHING),
    "zero-width space": (_inside("\u200b"), EVERYTHING),
    "zero-width joiner": (_inside("\u200d"), EVERYTHING),
    "soft hyphen": (_inside("\u00ad"), EVERYTHING),
    "word joiner": (_inside("\u2060"), EVERYTHING),
    "bidirectional marks": (_inside("\u202d\u202c"), EVERYTHING),
    "Cyrillic": (CYRILLIC, WRITTEN),
    "Greek": (GREEK, WRITTEN),
    "mathematical bold": (
        _translated(("a", "z", 0x1D41A), ("A", "Z", 0x1D400), ("0", "9", 0x1D7CE)),
        EVERYTHING,
    ),
    "mathematical sans-serif": (
        _translated(("a", "z", 0x1D5BA), ("A", "Z", 0x1D5A0), ("0", "9", 0x1D7E2)),
        EVERYTHING,
    ),
    "circled letters": (_translated(("a", "z", 0x24D0), ("A", "Z", 0x24B6), ("1", "9", 0x2460)), WRITTEN),
    "squared letters": (lambda value: _translated(("A", "Z", 0x1F170))(value.upper()), ("email", "name")),
    "regional letters": (lambda value: _translated(("A", "Z", 0x1F1E6))(value.upper()), ("email", "name")),
    "small capitals": (
        _replaced(
            "acdegijkmnoprtuvwyz",
            "\u1d00\u1d04\u1d05\u1d07\u0262\u026a\u1d0a\u1d0b\u1d0d\u0274\u1d0f\u1d18\u0280\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22",
        ),
        ("email", "name"),
    ),
    "stacked marks": (_each(lambda character: character + "\u0336\u0316"), EVERYTHING),
    "unicode tags": (_translated((" ", "~", 0xE0020)), EVERYTHING),
    "spaced one by one": (_apart(" "), EVERYTHING),
    "spaced widely": (_apart("  "), NUMBERS),
    "one by one over lines": (_apart("\n"), NUMBERS),
    "groups over lines": (_grouped("\n"), (*NUMBERS, "iban")),
    "groups with dots": (_grouped("."), (*NUMBERS, "iban")),
    "groups with underscores": (_grouped("_"), (*NUMBERS, "iban")),
    "groups with stars": (_grouped("*"), (*NUMBERS, "iban")),
    "groups with slashes": (_grouped(" / "), (*NUMBERS, "iban")),
    "dots one by one": (_apart("."), NUMBERS),
    "underscores one by one": (_apart("_"), NUMBERS),
    "hyphens one by one": (_apart("-"), (*NUMBERS, "name")),
    "commas one by one": (_apart(", "), NUMBERS),
    "long dashes": (lambda value: value.replace("-", "\u2013").replace(" ", "\u2013"), NUMBERS),
    "English words": (_spelt(ENGLISH), NUMBERS),
    "English words with commas": (_spelt(ENGLISH, ", "), NUMBERS),
    "English words with hyphens": (_spelt(ENGLISH.replace("zero", "oh"), "-"), NUMBERS),
    "ENGLISH WORDS": (_spelt(ENGLISH.upper()), NUMBERS),
    "German words": (_spelt(GERMAN), NUMBERS),
    "French words": (_spelt(FRENCH), NUMBERS),
    "Spanish words": (_spelt(SPANISH), NUMBERS),
    "words and digits": (_spelt("0 one 2 three 4 five 6 seven 8 nine"), NUMBERS),
    "Arabic-Indic digits": (_translated(("0", "9", 0x660)), NUMBERS),
    "Devanagari digits": (_translated(("0", "9", 0x966)), NUMBERS),
    "Bengali digits": (_translated(("0", "9", 0x9E6)), NUMBERS),
    "circled digits": (_translated(("1", "9", 0x2460), ("0", "0", 0x24EA)), NUMBERS),
    "superscript digits": (
        _replaced("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"),
        NUMBERS,
    ),
    "keycaps": (
        _each(lambda character: character + "\ufe0f\u20e3" if character.isdigit() else character),
        NUMBERS,
    ),
    "Chinese digits": (
        _spelt("\u3007 \u4e00 \u4e8c \u4e09 \u56db \u4e94 \u516d \u4e03 \u516b \u4e5d", ""),
        NUMBERS,
    ),
    "letters for digits": (_fewer, NUMBERS),
    "words run together": (_spelt(ENGLISH.title(), ""), NUMBERS),
    "words with ellipses": (_spelt(ENGLISH, " ... "), NUMBERS),
    "separators spelt": (lambda value: " dash ".join(re.findall(r"\d+", value)), ("ssn",)),
    "pipes one by one": (_apart(" | "), NUMBERS),
    "emoji one by one": (_apart("\U0001f600"), NUMBERS),
    "at sign": (_address(" at sign ", " dot "), ("email",)),
    "#at#": (_address("#at#", "#dot#"), ("email",)),
    "dots alone spelt": (_address("@", "(dot)"), ("email",)),
    "at and dot": (_address(" at ", " dot "), ("email",)),
    "[at] [dot]": (_address(" [at] ", " [dot] "), ("email",)),
    "(at)": (_address("(at)", "(dot)"), ("email",)),
    "AT DOT": (_address(" AT ", " DOT "), ("email",)),
    "_at_": (_address("_at_", "_dot_"), ("email",)),
    "{at}": (_address(" {at} ", "."), ("email",)),
    "at alone": (_address(" at ", "."), ("email",)),
    "spaced signs": (_address(" @ ", " . "), ("email",)),
    "German signs": (_address(" (\u00e4t) ", " punkt "), ("email",)),
    "Spanish signs": (_address(" arroba ", " punto "), ("email",)),
    "base64": (lambda value: base64.b64encode(value.encode()).decode(), EVERYTHING),
    "base64 without padding": (
        lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
        EVERYTHING,
    ),
    "base64 twice": (lambda value: base64.b64encode(base64.b64encode(value.encode())).decode(), EVERYTHING),
    "base64 of UTF-16": (lambda value: base64.b64encode(value.encode("utf-16-le")).decode(), EVERYTHING),
    "base32": (lambda value: base64.b32encode(value.encode()).decode(), EVERYTHING),
    "hexadecimal": (lambda value: value.encode().hex(), EVERYTHING),
    "hexadecimal with 0x": (lambda value: "0x" + value.encode().hex(), EVERYTHING),
    "hexadecimal, spaced": (lambda value: value.encode().hex(" "), EVERYTHING),
    "braced escapes": (_each(lambda character: f"\\x{{{ord(character):x}}}"), EVERYTHING),
    "base64 in percent": (
        lambda value: quote(base64.b64encode(value.encode()).decode(), safe=""),
        EVERYTHING,
    ),
    "hexadecimal of base64": (lambda value: base64.b64encode(value.encode()).hex(), EVERYTHING),
    "base64 of a sentence": (
        lambda value: base64.b64encode(f"it is {value} ok?".encode()).decode(),
        EVERYTHING,
    ),
    "hexadecimal, escaped": (_each(lambda character: f"\\x{ord(character):02x}"), EVERYTHING),
    "percent": (_each(lambda character: f"%{ord(character):02X}"), EVERYTHING),
    "percent where needed": (lambda value: quote(value, safe=""), EVERYTHING),
    "percent twice": (lambda value: quote(quote(value, safe=""), safe=""), EVERYTHING),
    "decimal entities": (_each(lambda character: f"&#{ord(character)};"), EVERYTHING),
    "hexadecimal entities": (_each(lambda character: f"&#x{ord(character):x};"), EVERYTHING),
    "named entities": (_address("&commat;", "&period;"), ("email",)),
    "unicode escapes": (_json, EVERYTHING),
    "escapes twice": (lambda value: _json(value).replace("\\", "\\\\"), EVERYTHING),
    "quoted-printable": (
        lambda value: quopri.encodestring(value.encode(), quotetabs=True).decode().replace("@", "=40"),
        ("email", "name"),
    ),
    "quoted-printable throughout": (_each(lambda character: f"={ord(character):02X}"), EVERYTHING),
    "character codes": (lambda value: " ".join(str(octet) for octet in value.encode()), EVERYTHING),
    "code points": (lambda value: " ".join(f"U+{octet:04X}" for octet in value.encode()), EVERYTHING),
    "reversed": (lambda value: value[::-1], EVERYTHING),
    "ROT13": (lambda value: codecs.encode(value, "rot13"), WRITTEN),
    "upper case": (str.upper, ("email", "name", "iban")),
    "lower case": (str.lower, ("email", "name", "iban")),
    "camel case": (lambda value: (value[0].lower() + value[1:]).replace(" ", ""), ("name",)),
    "snake case": (lambda value: value.lower().replace(" ", "_"), ("name",)),
    "snake case in an identifier": (lambda value: f"user_{value.lower().replace(' ', '_')}_home", ("name",)),
    "dotted": (lambda value: value.lower().replace(" ", "."), ("name",)),
}
JSONS: dict[str, Callable[[str], str]] = {
    "JSON": lambda text: json.dumps({"note": text, "count": 1}),
    "JSON with escapes": lambda text: '{"note": "' + _json(text) + '"}',
    "JSON in JSON": lambda text: json.dumps({"body": json.dumps({"note": text})}),
    "JSON in JSON in JSON": lambda text: json.dumps([{"body": json.dumps({"x": json.dumps([text])})}]),
    "JSON in a sentence": lambda text: f'this is what I got: {{"note": "{text}"}} - what now?',
}


def samples() -> Iterator[Sample]:
    """Yield every value in every disguise it can wear, in every phrase."""
    for kind, (disguise, names) in DISGUISES.items():
        for name in names:
            for value in VALUES[name]:
                yield from (_sample(kind, name, phrase, disguise(value)) for phrase in PHRASES[name])
    for kind, wrapped in JSONS.items():
        for name, phrases in PHRASES.items():
            for value in VALUES[name]:
                yield from (_wrapped(kind, name, value, phrase, wrapped) for phrase in phrases)


def _sample(kind: str, name: str, phrase: str, written: str) -> Sample:
    before, after = phrase.split("{}")
    return Sample(kind, name, before + written + after, len(before), len(before) + len(written))


def _wrapped(kind: str, name: str, plain: str, phrase: str, wrapped: Callable[[str], str]) -> Sample:
    text = wrapped(phrase.replace("{}", plain))
    value = _json(plain) if kind == "JSON with escapes" else plain
    start = text.index(value)
    return Sample(kind, name, text, start, start + len(value))
