"""Secrets are covered whole in every format and context; what only talks of them stays."""

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.redact.rules import secrets
from processors.redact.rules.spans import merge
from processors.tasks import shop_support
from tests.processors.redact import secret_samples
from tests.processors.redact.secret_samples import FORMATS, Format, told, untold

DRAWS = 4
OF_NO_SHAPE = frozenset({"{uuid}", "{password}", "{p:12}", "{p:18}", "{p:50}", "{a:15}"})
"""What nothing tells from an identifier or a word where no word says what it is."""

SENTENCES = (
    "My password is {}",
    "my password is {} and it does not work",
    "Password:{}",
    "The password was {}.",
    "I log in with the password {} but get an error",
    "I changed my password to {} yesterday",
    "I changed my password from {} to another",
    "please use {} as the password",
    "{} is my password",
    "Username: jane\nPassword: {}\nThanks",
    "the password at the store is \u201c{}\u201d",
    "Password\n{}\n",
    "The password I use is {}",
    "My login: jane / {}",
    "Mein Passwort ist {}",
    "mein Passwort lautet {} und es geht nicht",
    "Kennwort {} funktioniert nicht",
    "ich habe das Passwort auf {} ge\u00e4ndert",
    "{} ist mein Passwort",
    "Das Passwort, das ich benutze, ist {}",
    "Passwort: \u201e{}\u201c",
    "Zugangsdaten: jana / {}",
    "Mon mot de passe est {}",
    "mot de passe : {}",
    "mon mot de passe c'est {}",
    "avec le mot de passe {} je ne peux pas entrer",
    "j'ai chang\u00e9 mon mot de passe en {}",
    "Mot de passe \u00ab {} \u00bb",
    "le mot de passe de mon compte est {}",
    "Mi contrase\u00f1a es {}",
    "mi clave es {} y no funciona",
    "cambi\u00e9 mi contrase\u00f1a a {}",
    "Contrase\u00f1a \u00ab{}\u00bb",
    "la contrase\u00f1a de mi cuenta es {}",
    "{} es mi contrase\u00f1a",
)
CLEAN = (
    "The password was rejected twice",
    "password must have 8 characters",
    "please change my password to log in again",
    "I reset the password for AC-100234 on Monday",
    "Passwort vergessen? Mein Passwort ist abgelaufen",
    "Sehr geehrte Damen und Herren, mein Token wurde abgelehnt",
    "Mon mot de passe est incorrect",
    "La contrase\u00f1a es incorrecta, la clave es la paciencia",
    "8f14e45f-ceea-467f-a9af-0d2b1e5c7f11, Order-8F14E45F-CEEA-467F-A9AF-0D2B1E5C7F11",
    "commit 3f2a9c1b7d5e8f60a1b2c3d4e5f60718293a4b5c",
    "image@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    'ETag: "33a64df551425fcc55e4d42a148795d9f25f89d4"',
    "INFO trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7 ok",
    "https://shop.example/products/blue-canvas-backpack-2024?color=navy&utm_campaign=winter_2025",
    "https://shop.example:8443/orders/AC-100234/items?page=2",
    '<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhg==">',
    "IMG_20240312_143022_HDR.jpg and Rechnung_2024-11-03_Kundennummer_AC-100234.pdf",
    "at com.example.shop.CheckoutServiceImpl.processPayment(CheckoutServiceImpl.java:142)",
    "XPS13-9310-i7-1185G7-16GB-512GB, Samsung-Galaxy-S24-Ultra-256GB",
    "Donaudampfschifffahrtsgesellschaft, Hydraulikkolbens, Psychoanalytikern, Hydraulikzylinder",
    '{"max_tokens": 8000, "token_type": "bearer", "expires_in": 3600}',
    "Author: Jane Austen, secretary: Mrs Miller, passenger: John, compass: north",
    "basic troubleshooting did not help, the keyboard key is stuck",
    "password: ${DB_PASSWORD}, token: {{ token }}, PASSWORD=$DB_PASSWORD, password: ********",
    "Cookies: yes, please; session: 3 of 5; auth: none",
    "discount code SAVE20, postal code 12345, error code 404",
    "the seed is planted in the garden and it will grow soon",
    "Bearer of bad news: a basic 12-month-warranty, basic authentication",
    "npm_config_registry, hf_transformers_cache_dir, ASIA-PACIFIC-REGION-2024",
)
CRAFTED = (
    "a.", "1-", "A-", ":", "=", "%", "sk-", "eyJ", "key ", "key-", "sid:", "auth:", "password ", "password is ", "secret:'",
    'pass="', "token=", "max_tokens:", "a=b;", "sig=a&", "x://a:", "Cookie: a=b; ", "-----BEGIN ", "PuTTY-User-Key-File-1",
    "iVBORw0KGgo", "data:image/png;base64,", "' is my password", "seed phrase is ", "mysql -p", "fm2_", "123456789:AA",
)  # fmt: skip


def covers(text: str, value: str) -> bool:
    start = text.index(value)
    spans = merge(text, secrets.find(text))
    return any(span.start <= start and start + len(value) <= span.end for span in spans)


def drawn(form: Format, count: int = DRAWS) -> Iterator[str]:
    source = random.Random(f"secrets {form.provider}")
    return (form.draw(source) for _ in range(count))


def test_there_are_formats_of_many_providers() -> None:
    assert len(FORMATS) >= 240
    assert len({form.provider.partition(":")[0] for form in FORMATS}) >= 120


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.provider)
def test_a_secret_is_covered_whole_where_its_name_stands_beside_it(form: Format) -> None:
    missed = [
        sample.context
        for value in drawn(form)
        for sample in told(form, value)
        if not covers(sample.text, sample.value)
    ]

    assert missed == []


@pytest.mark.parametrize(
    "form", [form for form in FORMATS if form.template not in OF_NO_SHAPE], ids=lambda form: form.provider
)
def test_a_secret_is_covered_whole_by_its_looks_alone(form: Format) -> None:
    missed = [
        sample.context
        for value in drawn(form)
        for sample in untold(form, value)
        if not covers(sample.text, sample.value)
    ]

    assert missed == []


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_password_told_in_a_sentence_is_covered_whole(sentence: str) -> None:
    form = next(form for form in FORMATS if form.template == "{password}")
    missed = [value for value in drawn(form, 25) if not covers(sentence.format(value), value)]

    assert missed == []


@pytest.mark.parametrize("text", CLEAN)
def test_clean_text_stays(text: str) -> None:
    assert [text[span.start : span.end] for span in secrets.find(text)] == []


def test_the_shops_examples_hold_no_secret() -> None:
    examples = Path(shop_support.__file__).with_name("examples.csv")
    with examples.open(encoding="utf-8", newline="") as lines:
        texts = [row["text"] for row in csv.DictReader(lines)]

    assert len(texts) > 1000
    assert [text for text in texts if [*secrets.find(text)]] == []


def armoured(kind: str = "rsa") -> str:
    return secret_samples.Format("", f"{{{kind}}}", "", "").draw(random.Random(kind))


@pytest.mark.parametrize("kind", ["rsa", "rsa_locked", "pkcs8", "openssh", "pgp", "putty"])
def test_an_armoured_key_is_covered_however_it_is_written(kind: str) -> None:
    key = armoured(kind)
    spaced = key.replace("\n", " ")

    assert covers(f"see\n{key}\nthanks", key)
    assert covers(key.replace("\n", "\r\n"), key.replace("\n", "\r\n"))
    assert covers(json.dumps({"k": key, "z": 1}), json.dumps(key)[1:-1])
    assert covers(json.dumps(json.dumps({"k": key})), json.dumps(json.dumps(key)[1:-1])[1:-1])
    assert covers(f"{spaced} ok?", spaced)


@pytest.mark.parametrize("frame", ["    {}", "> {}", "{}", "\t{}"])
def test_the_lines_of_a_key_are_covered_without_its_end(frame: str) -> None:
    lines = [*armoured().splitlines()[:-1], "aB3x=="]
    text = "\n".join(frame.format(line) for line in lines) + "\n\nPlease tell me what to do with this."

    assert all(covers(text, line) for line in lines[1:])
    assert not covers(text, "Please tell me")


def test_key_material_without_any_armour_is_covered_to_its_short_last_line() -> None:
    lines = [*armoured().splitlines()[1:-2], "aB3x=="]
    text = "\n".join(lines) + "\nThanks, Jane"

    assert all(covers(text, line) for line in lines)
    assert not covers(text, "Thanks")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("client = Client(api_key='k-1', secret=\"abc def\")", "abc def"),
        ("password: str = 'hunter2 x'", "hunter2 x"),
        ("config['password'] = 'hunter2'", "hunter2"),
        ("password: 'it''s me'", "it''s me"),
        (json.dumps({"password": 'pa"ss\\word'}), json.dumps('pa"ss\\word')[1:-1]),
        (json.dumps(json.dumps({"password": "hunter2 x"})), "hunter2 x"),
        ("<user>jane</user><password>hun&amp;ter2</password>", "hun&amp;ter2"),
        ('<add key="DbPassword" value="hunter2;x" />', "hunter2;x"),
        ('{"name": "DB_PASSWORD", "value": "hunter2x"}', "hunter2x"),
        ("PASSWORD=p@ss&w0rd=x", "p@ss&w0rd=x"),
        ("PASSWORD=pa'ss\"w0<r>d", "pa'ss\"w0<r>d"),
        ("tool --password hunter --verbose", "hunter"),
        ("curl -u admin:hunter2 https://x.example", "admin:hunter2"),
        ("Authorization: Bearer abc123", "abc123"),
        ('Authorization: Digest username="j", nonce="dcd9", response="6629fae4"\nHost: a', 'nonce="dcd9", response="6629fae4"'),
        ('Cookie: a="b c"; sid=xyz; theme=dark', 'a="b c"; sid=xyz; theme=dark'),
        ("https://shop.example/cart;jsessionid=0A1B2C3D4E5F?x=1", "0A1B2C3D4E5F"),
        ("postgres://u:p@ss/w:rd#1@db.internal/x", "p@ss/w:rd#1"),
        ("jdbc:mysql://db/shop?user=a&password=hunter2", "hunter2"),
        ("jdbc:oracle:thin:scott/tiger@//db:1521/x", "scott/tiger"),
        ("Driver={SQL Server};Server=a;Uid=sa;Pwd=hun2;", "hun2"),
        ("machine x login jane password hunter", "hunter"),
        ("**Password:** hunter2", "hunter2"),
        ("Password:\nhunter2x\n\nthanks", "hunter2x"),
        ("password%3Dhunter2", "hunter2"),
        ("changed my password from hunter2x to hunter3x", "hunter3x"),
        ("WIFI:T:WPA;S:Shop;P:hunter22x;;", "hunter22x"),
        ("passphrase: correct horse battery staple", "correct horse battery staple"),
        ("Recovery codes: abcd-1234, efgh-5678", "abcd-1234, efgh-5678"),
        ("app password: abcd efgh ijkl mnop", "abcd efgh ijkl mnop"),
        ("my seed is apple banana cherry dog fox cat grape house ice juice kite lemon now", "apple banana cherry dog fox cat grape house ice juice kite lemon"),
        ("482913 is your verification code", "482913"),
        ("Meine PIN lautet 4711", "4711"),
        ("otpauth://totp/Shop:jane?secret=JBSWY3DPEHPK3PXP&issuer=Shop", "JBSWY3DPEHPK3PXP"),
    ],
)  # fmt: skip
def test_a_value_is_covered_whole_in_what_it_is_written_in(text: str, value: str) -> None:
    assert covers(text, value)


def test_letters_that_grow_in_lower_case_shift_nothing() -> None:
    assert covers("\u0130\u0130\u0130\u0130 password: hunter2x", "hunter2x")


def test_a_digest_is_a_secret_where_it_is_called_one() -> None:
    digest = "9f86d081884c7d659a2feaa0c55ad015"

    assert covers(f"api_key={digest}", digest)
    assert covers(f"password_hash: {digest}", digest)
    assert covers(digest, digest)
    assert not covers(f"md5: {digest}", digest)


@pytest.mark.parametrize("repeated", CRAFTED)
def test_texts_made_to_be_slow_are_searched_to_their_end(repeated: str) -> None:
    text = repeated * (20_000 // len(repeated))

    assert all(0 <= span.start < span.end <= len(text) for span in secrets.find(text))


@settings(deadline=None)
@given(
    text=st.lists(
        st.sampled_from([*CRAFTED, " ", "\n", "\u0130", "\u00df", "hunter2", "\\", '"'])
        | st.text(max_size=8),
        max_size=30,
    )
)
def test_any_text_has_spans_inside_it(text: list[str]) -> None:
    joined = "".join(text)

    assert all(0 <= span.start < span.end <= len(joined) for span in secrets.find(joined))
