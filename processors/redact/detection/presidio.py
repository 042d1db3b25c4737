"""Presidio's pattern recognisers, made safe: bounded in time, silent, and without a socket.

Left out are the ones that would undo that: the URL recogniser needs a millisecond for each character of a crafted
text, the IBAN recogniser logs the value it could not check, and both dates and its web of weak guesses would take away
what a request is about. Our own rules find links, accounts and long numbers.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version

import regex  # type: ignore[import-untyped]
import tldextract
from presidio_analyzer import EntityRecognizer, PatternRecognizer, RecognizerRegistry
from presidio_analyzer import predefined_recognizers as predefined

from processors.redact.detection.context_words import NearbyWordsEnhancer
from processors.redact.detection.detecting import ScanTimedOut
from processors.redact.detection.gate import Gate
from processors.redact.detection.telephones import Telephones
from schemas.ports import Span

PATTERN_TIMEOUT_SECONDS = 0.5
"""Processor time that one pattern may use on one text."""

_LANGUAGE = "en"  # the registry asks for one; shapes are the same in all
_SURE = 0.4
_DIGITS_THAT_NAME = 5
_RECOGNISERS = (
    predefined.CreditCardRecognizer,
    predefined.CryptoRecognizer,
    predefined.EmailRecognizer,
    predefined.EsNieRecognizer,
    predefined.EsNifRecognizer,
    predefined.IpRecognizer,
    predefined.ItFiscalCodeRecognizer,
    predefined.MacAddressRecognizer,
    predefined.MedicalLicenseRecognizer,
    predefined.NhsRecognizer,
    predefined.UkNinoRecognizer,
    predefined.UsBankRecognizer,
    predefined.UsItinRecognizer,
    predefined.UsLicenseRecognizer,
    predefined.UsPassportRecognizer,
    predefined.UsSsnRecognizer,
)
_WITHOUT_DIGITS = (
    predefined.IpRecognizer,
    predefined.ItFiscalCodeRecognizer,
    predefined.MacAddressRecognizer,
)
_DIGIT = re.compile(r"\d")
_LOGGERS = ("presidio-analyzer", "decision_process", "tldextract", "spacy", "phonenumbers")


class _Bounded:
    """A compiled pattern that gives up loudly: Presidio itself would log the time-out and skip the pattern."""

    def __init__(self, expression: str, flags: int) -> None:
        self._compiled = regex.compile(expression, flags)

    def finditer(self, text: str, **_: float) -> "Iterator[regex.Match[str]]":
        try:
            yield from self._compiled.finditer(text, timeout=PATTERN_TIMEOUT_SECONDS)
        except TimeoutError:
            timed_out = True
        else:
            timed_out = False
        if timed_out:
            raise ScanTimedOut


class PresidioRecognisers:
    """The predefined recognisers, held in Presidio's registry and raised by their context words."""

    def __init__(self) -> None:
        silence(_LOGGERS)
        tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
        self._registry = RecognizerRegistry(
            [_bounded(recogniser(supported_language=_LANGUAGE)) for recogniser in _RECOGNISERS]
        )
        self._recognisers = self._registry.get_recognizers(_LANGUAGE, all_fields=True)
        self._enhancer = NearbyWordsEnhancer()
        self._telephones = Telephones()
        patterns = [
            (place, each.regex) for place, one in enumerate(self._recognisers) for each in one.patterns
        ]
        self._owners = [place for place, _ in patterns]
        self._gate = Gate([expression for _, expression in patterns])
        self.version = version("presidio-analyzer")

    def find(self, text: str) -> Iterator[Span]:
        """Yield the spans of one text. Raises ScanTimedOut."""
        for place in sorted({self._owners[pattern] for pattern in self._gate.possible(text)}):
            recogniser = self._recognisers[place]
            if _is_worthwhile(recogniser, text):
                results = recogniser.analyze(text, recogniser.supported_entities)
                unsure = [result for result in results if result.score < _SURE]
                self._enhancer.enhance_using_context(text, unsure, None, [recogniser])
                yield from _spans(text, results)
        yield from self._telephones.find(text)


def silence(loggers: Iterable[str]) -> None:
    """Drop whatever these loggers are given; a filter outlives a later configuration of logging."""
    for name in loggers:
        logger = logging.getLogger(name)
        logger.addFilter(_drop)
        logger.setLevel(logging.CRITICAL + 1)


def _drop(_: logging.LogRecord) -> bool:
    return False


def _bounded(recogniser: EntityRecognizer) -> EntityRecognizer:
    if isinstance(recogniser, PatternRecognizer):
        for pattern in recogniser.patterns:
            pattern.compiled_regex = _Bounded(pattern.regex, recogniser.global_regex_flags)
            pattern.compiled_with_flags = recogniser.global_regex_flags
    return recogniser


def _is_worthwhile(recogniser: EntityRecognizer, text: str) -> bool:
    """What cannot match is not tried, Hyperscan or not."""
    if isinstance(recogniser, predefined.EmailRecognizer):
        return "@" in text
    return isinstance(recogniser, _WITHOUT_DIGITS) or bool(_DIGIT.search(text))


def _has_digits(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= _DIGITS_THAT_NAME


def _spans(text: str, results: Iterable[object]) -> Iterator[Span]:
    """Yield sure results under their own type; an unsure one counts when it has digits enough to name something."""
    for result in results:
        start, end, entity, score = (
            getattr(result, name) for name in ("start", "end", "entity_type", "score")
        )
        if score >= _SURE:
            yield Span(start, end, entity, score)
        elif _has_digits(text[start:end]):
            yield Span(start, end, "NUMBER", score)
