"""What each kind of disguise reads."""

import base64

import pytest

from processors.redact.readings.views import views

MAIL = "jane.roe@bloom.example"
TWICE = base64.b64encode(base64.b64encode(MAIL.encode())).decode()


def readings(text: str) -> list[str]:
    return [view.text for view in views(text)]


@pytest.mark.parametrize(
    "written",
    [
        MAIL.replace("@", "&#64;"),
        MAIL.replace("@", "&#x0040;"),
        MAIL.replace("@", "&commat;").replace(".", "&period;"),
        MAIL.replace("@", "%40"),
        MAIL.replace("@", "%2540"),
        MAIL.replace("@", "%u0040"),
        MAIL.replace("@", "\\u0040"),
        MAIL.replace("@", "\\x40"),
        MAIL.replace("@", "\\u{40}"),
        MAIL.replace("@", "\\x{40}"),
        MAIL.replace("@", "\\100"),
        MAIL.replace("@", "=40"),
        base64.b64encode(MAIL.encode()).decode(),
        base64.urlsafe_b64encode(MAIL.encode()).decode().rstrip("="),
        base64.b64encode(MAIL.encode("utf-16-le")).decode(),
        base64.b32encode(MAIL.encode()).decode(),
        "data:text/plain;base64," + base64.b64encode(MAIL.encode()).decode(),
        TWICE,
        MAIL.encode().hex(),
        "0x" + MAIL.encode().hex().upper(),
        MAIL.encode().hex(" "),
        MAIL.encode().hex(":"),
        "".join(f"\\x{octet:02x}" for octet in MAIL.encode()),
        ", ".join(f"0x{octet:02x}" for octet in MAIL.encode()),
        " ".join(map(str, MAIL.encode())),
        " ".join(f"U+{octet:04X}" for octet in MAIL.encode()),
        "jane dot roe at bloom dot example",
        "jane[dot]roe[at]bloom[dot]example",
        "jane.roe (at) bloom (dot) example",
        "jane.roe AT bloom DOT example",
        "jane.roe at sign bloom dot example",
        "jane#dot#roe#at#bloom#dot#example",
        "jane dot roe@bloom dot example",
        "jane.roe bei bloom punkt example",
        "jane.roe at bloom period example",
        "j<b>ane</b>.roe<!-- x -->@bloom.<span style='x'>example",
        "".join(f"{character}\\x00" for character in MAIL),
        " ".join(f"{octet:03o}" for octet in MAIL.encode()),
        "\u00a0".join(MAIL),
        MAIL.replace("@", "&commat;&ZeroWidthSpace;"),
        "jane.roe@bloom(dot)example",
        "jane.roe(a)bloom.example",
        base64.b64encode(MAIL.encode() + b"+").decode().replace("=", "%3D"),
        "jane.roe{\u00e4t}bloom.example",
        "jane.roe_at_bloom_dot_example",
        "jane.roe arroba bloom punto example",
        "jane.roe @ bloom . example",
        "jane.roe at bloom.example",
        "j a n e . r o e @ b l o o m . e x a m p l e",
        "j\u0430ne.r\u03bf\u0435@bloom.example",
        "\U0001d423\U0001d41a\U0001d427\U0001d41e.roe@bloom.example",
        "j\u0336a\u0336n\u0336e\u0336.roe@bloom.example",
        "ja\u200bne.ro\u00ade@bloom.exam\u2060ple",
        "".join(chr(0xE0000 + octet) for octet in MAIL.encode()),
        "".join(chr(0xE0100 + octet - 16) for octet in MAIL.encode()),
    ],
)
def test_an_address_is_read_as_it_is_meant(written: str) -> None:
    assert any(MAIL in reading for reading in readings(f"write to {written} please"))


def test_octets_of_several_bytes_are_read_together() -> None:
    assert readings("J%C3%B6rg J=C3=B6rg J\\xc3\\xb6rg J\\u00f6rg") == [
        "J\u00f6rg J\u00f6rg J\u00f6rg J\u00f6rg"
    ]


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("4 5 3 9 5 7 8 7", "45395787"),
        ("4\n5\n3\n9\n5\n7\n8\n7", "45395787"),
        ("4.5.3.9.5.7.8.7", "45395787"),
        ("4_5_3_9_5_7_8_7", "45395787"),
        ("4 | 5 | 3 | - | 9 | 5 | 7", "453957"),
        ("FourFiveThreeNineFiveSeven", "453957"),
        ("four ... five ... three ... nine ... five ... seven", "453957"),
        ("402 dash 91 dash 7756", "402917756"),
        ("**4****0****2****-****9****1****-****7**", "4029"),
        ("0171+555+0182", "01715550182"),
        ("four then five then three then nine then one then two", "453912"),
        ("4 5 3 space 9 5 7 space 8 7", "45395787"),
        ("219\n64\n8830", "219648830"),
        ("219_64_8830", "219648830"),
        ("219 - 64 - 8830", "219648830"),
        ("0171*555*0182", "01715550182"),
        ("four five three nine, five seven eight seven", "45395787"),
        ("four 5 three 9 five seven", "453957"),
        ("double five one two three four", "551234"),
        ("null eins sieben eins zwei drei", "017123"),
        ("einundzwanzig zweiunddrei\u00dfig vierundvierzig", "213244"),
        ("z\u00e9ro six douze trente-quatre cinquante-six", "06123456"),
        ("cuatro cinco tres nueve cinco siete", "453957"),
        ("\u0664\u0665\u0663\u0669\u0665\u0667", "453957"),
        ("\u096a\u096b\u0969\u096f\u096b\u096d", "453957"),
        ("\u2463\u2464\u2462\u2468\u2464\u2466", "453957"),
        ("\u2779\u277a\u2778", "453"),
        ("\u56db\u4e94\u4e09\u4e5d\u4e94\u4e03", "453957"),
        ("4\ufe0f\u20e35\ufe0f\u20e33\ufe0f\u20e3", "453"),
        ("O171 555 O1B2", "0171 555 0182"),
    ],
)
def test_digits_are_read_as_digits(written: str, digits: str) -> None:
    assert any(digits in reading for reading in readings(f"it is {written} ok"))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("MY NAME IS JANE STONE", "my name is Jane Stone"),
        ("jane bloomfield called", "Jane Bloomfield called"),
        ("janeBloom wrote", "Jane Bloom wrote"),
        ("user_jane_bloom wrote", "User Jane Bloom wrote"),
        ("J a n e   B l o o m", "Jane Bloom"),
        ("\U0001f179\U0001f170\U0001f17d\U0001f174", "JANE"),
        ("\u1d0a\u1d00\u0274\u1d07 here", "Jane here"),
    ],
)
def test_names_are_read_as_names(written: str, name: str) -> None:
    assert readings(written) == [name]


def test_an_account_is_read_whatever_separates_its_groups() -> None:
    assert readings("DE89.3704.0044.0532.0130.00") == ["DE89370400440532013000"]


def test_an_account_is_read_backwards_too() -> None:
    assert readings("00 0310 2350 4400 4073 98ED") == ["DE89370400440532013000"]


def test_digits_alone_are_a_number_whatever_they_encode() -> None:
    assert readings("it is 442079460958") == []


@pytest.mark.parametrize(
    "text",
    [
        "look at https://shop.example/06Yi59YH or /co/06Yi59YHabA",
        "free and at work ... this is it",
        "get them at some point in time",
        "from 21:00 to 00:00. Note the new 9pm start time Quiz kids",
        "my SSN: 219-64-8830, my card: 4539 5787 6362 1486",
        "so nice . . . . . ! ! ! !",
        "a = 20 and b=25",
        "<p>Hello</p><p>all</p> the <b>best</b> for you",
        "send it to PSC 4095, APO AE 85103",
        "Ich habe bei shop.example bestellt",
        "C:/users/anne2/Documents",
    ],
)
def test_what_is_no_disguise_reads_as_it_stands(text: str) -> None:
    assert readings(text) == []


def test_only_what_reads_otherwise_is_read_again_with_what_is_around_it() -> None:
    (reading,) = readings(f"{'plain words ' * 50}jane&#64;bloom.example{' plain words' * 50}")

    assert "jane@bloom.example" in reading
    assert len(reading) < 200


def test_readings_far_from_each_other_are_read_apart() -> None:
    assert len(readings(f"a&#64;bloom.example {'plain words ' * 50} b&#64;bloom.example")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5000,
        "AAAA" * 1000,
        "%41" * 1300,
        "&#x41;" * 700,
        "\\u0041" * 700,
        "=41" * 1300,
        "4 1 " * 1000,
        "at at dot " * 400,
        "a_at_" * 800,
        "one two " * 500,
        "JANE DOE " * 450,
        "jane " * 800,
        "\u0430a" * 2000,
        "\uff21" * 4000,
        "1\n" * 2000,
        "DE89 " * 800,
        "[[[[" * 1000,
        "a.b_c-" * 700,
    ],
)
def test_texts_made_to_be_slow_are_read(text: str) -> None:
    assert sum(len(view.text) for view in views(text)) <= len(text)
