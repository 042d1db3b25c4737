"""Texts made to be slow to search: what a sender could write to keep a detector busy."""

import base64
import json
import random
from collections.abc import Callable, Mapping
from itertools import cycle, islice

from tests.bench.redaction_corpus import long_texts
from tests.bench.texts import documents

LENGTH = 4000
"""Characters of each."""

_CJK = "\u5f20\u4f1f\u4f4f\u5728\u5317\u4eac\u5e02\u671d\u9633\u533a\u3001\u7535\u8bdd\u662f"
_EMOJI = "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea\u2764\ufe0f"


def crafted(length: int = LENGTH) -> dict[str, str]:
    """Return the texts by what is special about them, each of exactly `length` characters."""
    return {name: _cut(make, length) for name, make in _MAKERS.items()}


def _cut(make: Callable[[int], str], length: int) -> str:
    return "".join(islice(cycle(make(length)), length))


def _prose(length: int) -> str:
    return " ".join(documents(max(1, length // 40)))


def _nested(length: int) -> str:
    depth = length // 8
    return '{"a": [' * depth + '"x"' + "]}" * depth


def _quoted(length: int) -> str:
    """JSON inside of JSON inside of JSON."""
    text = json.dumps({"mail": "a.b@c.example"})
    while len(text) < length // 2:
        text = json.dumps({"body": text, "n": 1})
    return text


def _base64(length: int) -> str:
    return base64.b64encode(random.Random(5).randbytes(length)).decode()


def _random_words(length: int) -> str:
    dice = random.Random(6)
    words = (
        "".join(dice.choices("ABCDEFGHabcdefgh0123456789", k=dice.randint(3, 14))) for _ in range(length // 4)
    )
    return " ".join(words)


def _capitalised(length: int) -> str:
    """Each word a name that no list knows."""
    dice = random.Random(7)
    return " ".join("".join(dice.choices("bcdfglmnprstaeiou", k=7)).title() for _ in range(length // 8 + 1))


def _in_json(text: str, length: int, times: int = 1) -> str:
    """As much of a text as fits, beside a quotation, inside of that many strings of JSON."""
    kept = length
    while len(written := _quoting(text[:kept], times)) > length and kept > 0:
        kept -= max(1, length // 80)
    return written


def _quoting(text: str, times: int) -> str:
    for _ in range(times):
        text = json.dumps({text[:4]: 'a: "b", \n' + text}, ensure_ascii=False)
    return text


def _records(length: int, make: Callable[[str], str] = str) -> str:
    words = make(_prose(length)).split()
    notes = (" ".join(words[start : start + 7]) for start in range(0, len(words), 7))
    return json.dumps(
        [{"name": note[:9], "note": note, "n": place * 7919} for place, note in enumerate(notes)]
    )


def _lines(length: int) -> str:
    text = _prose(length).upper()
    return "".join(
        json.dumps({"role": "user", "content": text[start : start + 90]}) + "\n"
        for start in range(0, length, 90)
    )


def _quotations(length: int) -> str:
    """Prose of which half is quoted, a few words at a time, and looks like JSON."""
    words = _prose(length).upper().split()
    return "".join(
        f'{" ".join(words[start : start + 2])}: "{" ".join(words[start + 2 : start + 4])}", '
        for start in range(0, len(words), 4)
    )


def _pairs(length: int) -> str:
    words = _prose(length).upper().split()
    return json.dumps([" ".join(words[start : start + 2]) for start in range(0, len(words), 2)])


def _formal(length: int) -> str:
    return long_texts(1, 8, length)[0].text


_MAKERS: Mapping[str, Callable[[int], str]] = {
    "a letter and a dot": lambda _: "a.",
    "a capital and a space": lambda _: "A ",
    "one letter": lambda _: "a",
    "one capital": lambda _: "X",
    "one digit": lambda _: "1",
    "digits and spaces": lambda _: "4 1 ",
    "digits and hyphens": lambda _: "07-",
    "digits in groups": lambda _: "4111 1111 1111 1112 ",
    "numbers and dots": lambda _: "10.0.",
    "colons and digits": lambda _: "0:ff:",
    "telephone numbers, nearly": lambda _: "+49 (0) 30-12 ",
    "punctuation": lambda _: "!?.,;:-_()[]{}<>/\\|#~*+='\"`^&%$",
    "spaces": lambda _: " ",
    "new lines": lambda _: "a\n\n",
    "quotes": lambda _: "\"'",
    "quoted words": lambda _: "'Ab' \"Cd\" ",
    "many @": lambda _: "@",
    "a letter and an @": lambda _: "a@",
    "mail addresses, nearly": lambda _: "a.b@c.",
    "hyphenated letters": lambda _: "a-",
    "underscored letters": lambda _: "a_",
    "capitals and hyphens": lambda _: "Ab-",
    "schemes": lambda _: "http://",
    "links, nearly": lambda _: "www.a.b/c?d=e&",
    "assignments": lambda _: "password=key:token=",
    "nested JSON": _nested,
    "JSON inside JSON": _quoted,
    "base64": _base64,
    "base64 in words": lambda length: _base64(length).replace("A", " ").replace("/", " "),
    "hexadecimal": lambda _: "deadbeef01",
    "random words": _random_words,
    "capitalised unknown words": _capitalised,
    "CJK": lambda _: _CJK,
    "CJK without end": lambda _: "\u5f20",
    "full width": lambda _: "\uff41\uff20\uff42\uff0e\uff43\uff14\uff11",
    "emoji": lambda _: _EMOJI,
    "combining marks": lambda _: "e" + "\u0301" * 9,
    "one letter under marks": lambda _: "\u0301",
    "zero width": lambda _: "a\u200b",
    "right to left": lambda _: "\u202eabc\u202c \u0645\u062d\u0645\u062f ",
    "percent escapes": lambda _: "%41%40%42",
    "percent escapes, twice": lambda _: "%2541%2540",
    "entities": lambda _: "&#97;&commat;&#x62;",
    "backslash escapes": lambda _: "\\u0061\\x40",
    "worded digits": lambda _: "four one double seven nine oh ",
    "worded mail addresses": lambda _: "a at b dot c at ",
    "titles": lambda _: "Mr. Dr. Mrs. ",
    "introductions": lambda _: "my name is I am ",
    "streets, nearly": lambda _: "12 Street 12 Road ",
    "dates": lambda _: "1.1.2020 ",
    "prose in capitals": lambda length: _prose(length).upper(),
    "prose in small letters": lambda length: _prose(length).lower(),
    "prose without spaces": lambda length: _prose(length).replace(" ", ""),
    "ordinary prose": _prose,
    "prose with capitals": lambda length: _prose(length).title(),
    "prose of telling words": lambda _: "my name is via Street from regards, John dear hi phone 12 ul. ",
    "formal prose": _formal,
    "prose in JSON": lambda length: _in_json(_prose(length), length),
    "prose in capitals in JSON": lambda length: _in_json(_prose(length).upper(), length),
    "prose in capitals in JSON, four times": lambda length: _in_json(_prose(length).upper(), length, 4),
    "prose in small letters in JSON": lambda length: _in_json(_prose(length).lower(), length),
    "formal prose in JSON": lambda length: _in_json(_formal(length), length),
    "formal prose in JSON, twice": lambda length: _in_json(_formal(length), length, 2),
    "full width in JSON": lambda length: _in_json(
        "\uff41\uff20\uff42\uff0e\uff43\uff14\uff11" * length, length
    ),
    "digits in JSON": lambda length: _in_json("4111 1111 1111 1112 " * length, length, 2),
    "random words in JSON": lambda length: _in_json(_random_words(length), length, 3),
    "half prose, half JSON": lambda length: (
        _prose(length // 2)[: length // 2].upper() + _in_json(_prose(length).upper(), length // 2)
    ),
    "records of JSON": _records,
    "records of JSON in capitals": lambda length: _records(length, str.upper),
    "lines of JSON": _lines,
    "quotations": _quotations,
    "pairs of words in JSON": _pairs,
    "keys that tell": lambda _: '"name": "A b", ',
    "telephone numbers in JSON": lambda _: '"+49 30 4711 0815", ',
    "escapes in JSON": lambda length: json.dumps({"m": _prose(length).upper().replace(" ", "\n")}),
}
