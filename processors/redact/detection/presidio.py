"""Presidio's pattern recognisers, made safe: bounded in time, silent, and without a socket.

Left out are the ones that would undo that: the URL recogniser needs a millisecond for each character of a crafted
text, the IBAN recogniser logs the value it could not check, and both dates and its web of weak guesses would take away
what a request is about. Our own rules find links, accounts and long numbers.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from importlib.metadata import version

import regex  # type: ignore[import-untyped]
import tldextract
from presidio_analyzer import EntityRecognizer, PatternRecognizer, RecognizerRegistry
from presidio_analyzer import predefined_recognizers as predefined

from processors.redact.detection.context_words import NearbyWordsEnhancer
from processors.redact.detection.detecting import ScanTimedOut
from processors.redact.detection.gate import Gate
from processors.redact.detection.telephones import Telephones
from processors.redact.rules.telling import Stretch, around
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
_FEW_DIGITS = re.compile(r"\d{1,16}")
_SIGNED = re.compile(r"(?<!\S)[^\s@]*+@\S*+")
_LONG = predefined.CryptoRecognizer
_REACH, _LONG_REACH = 32, 96
"""Characters between the beginning of a few digits and either end of a number of which they are part."""

_LOGGERS = ("presidio-analyzer", "decision_process", "tldextract", "spacy", "phonenumbers")


_Stretches = Callable[[str], Iterable[Stretch]]


class _Bounded:
    """A compiled pattern that gives up loudly: Presidio itself would log the time-out and skip the pattern."""

    def __init__(self, expression: str, flags: int, stretches: _Stretches) -> None:
        self._compiled = regex.compile(expression, flags)
        self._stretches = stretches

    def finditer(self, text: str, **_: float) -> "Iterator[regex.Match[str]]":
        try:
            for start, end in self._stretches(text):
                yield from self._compiled.finditer(text, start, end, timeout=PATTERN_TIMEOUT_SECONDS)
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
            pattern.compiled_regex = _Bounded(
                pattern.regex, recogniser.global_regex_flags, _stretches_of(recogniser)
            )
            pattern.compiled_with_flags = recogniser.global_regex_flags
    return recogniser


def _stretches_of(recogniser: EntityRecognizer) -> _Stretches:
    """Return where a recogniser's matches lie."""
    if isinstance(recogniser, predefined.EmailRecognizer):
        return _with_sign
    if isinstance(recogniser, _WITHOUT_DIGITS):
        return _everywhere
    return partial(_with_digits, reach=_LONG_REACH if isinstance(recogniser, _LONG) else _REACH)


def _everywhere(text: str) -> Iterable[Stretch]:
    return ((0, len(text)),)


def _with_sign(text: str) -> Iterable[Stretch]:
    return (match.span() for match in _SIGNED.finditer(text))


@lru_cache(maxsize=2)
def _with_digits(text: str, reach: int) -> Iterable[Stretch]:
    """All patterns ask for those of the same text, one after the other."""
    return tuple(around((match.start() for match in _FEW_DIGITS.finditer(text)), reach, reach))


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
