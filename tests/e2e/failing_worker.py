"""A worker of the redact stage whose parts fail when a text tells them to: `python -m tests.e2e.failing_worker --stages redact`.

Each part fails as badly as it can: what it raises, and what it logs under its library's own name, quotes all it was given.
"""

import functools
import importlib
import logging
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import presidio_analyzer
from presidio_analyzer import predefined_recognizers

from processors.redact import AesVault, language, rules
from processors.redact.detection.detector import PresidioDetector
from processors.redact.detection.entities import NameModel
from schemas.ports import Span

LOGGERS = ("presidio-analyzer", "decision_process", "spacy", "tldextract", "phonenumbers")

ERRORS: Mapping[str, type[Exception]] = {
    "raises": ValueError,
    "exhausted": MemoryError,
    "nested": RecursionError,
    "impatient": TimeoutError,
}
GARBAGE: Mapping[str, object] = {
    "nothing": None,
    "number": 17,
    "text": "sabotage",
    "listless": [None],
    "spanless": [["not a span"]],
    "untyped": [[Span(0, 3, "not a type", 1.0)]],
    "beyond": [[Span(100_000, 100_010, "PERSON", 1.0)]],
    "before": [[Span(-20, -1, "PERSON", 1.0)]],
    "backwards": [[Span(9, 3, "PERSON", 1.0)]],
}
"""What a detector might return for each text but must not."""


def marker(part: str, way: str) -> str:
    """Return the word that makes a part fail in one way, when it stands in what the part is given."""
    return f"sabotage{part}{way}end"


def families() -> Iterator[str]:
    """Yield the names of the rule families."""
    for module in pkgutil.iter_modules(rules.__path__):
        if hasattr(importlib.import_module(f"{rules.__name__}.{module.name}"), "find"):
            yield module.name


def markers() -> Iterator[str]:
    """Yield every word that makes something fail."""
    yield from (marker("detector", way) for way in (*ERRORS, *GARBAGE))
    yield from (marker(part, "raises") for part in ("recogniser", "model", "language", "vault"))
    yield from (marker(family, "raises") for family in families())


def sabotage() -> None:
    """Put the failures in place, for this process."""
    for way, error in ERRORS.items():
        _break(PresidioDetector, "scan", marker("detector", way), error)
    for way, garbage in GARBAGE.items():
        _replace(PresidioDetector, "scan", marker("detector", way), garbage)
    for name in dir(predefined_recognizers):
        recogniser = getattr(predefined_recognizers, name)
        if isinstance(recogniser, type) and "analyze" in vars(recogniser):
            _break(recogniser, "analyze", marker("recogniser", "raises"))
    _break(presidio_analyzer.PatternRecognizer, "analyze", marker("recogniser", "raises"))
    _break(NameModel, "find", marker("model", "raises"))
    _break(language, "detect", marker("language", "raises"))
    _break(AesVault, "seal", marker("vault", "raises"))
    for family in families():
        module = importlib.import_module(f"{rules.__name__}.{family}")
        _break(module, "find", marker(family, "raises"))


def _break(where: Any, name: str, word: str, error: type[Exception] = ValueError) -> None:
    def fail(given: list[object]) -> object:
        for logger in LOGGERS:
            logging.getLogger(logger).error("failed on %s", given)
        raise error(f"failed on {given!r}") from KeyError(repr(given))

    _wrap(where, name, word, fail)


def _replace(where: Any, name: str, word: str, result: object) -> None:
    def answer(given: list[object]) -> object:
        texts = given[0] if given and isinstance(given[0], (list, tuple)) else [given]
        return result * len(texts) if isinstance(result, list) else result

    _wrap(where, name, word, answer)


def _wrap(where: Any, name: str, word: str, instead: Callable[[list[object]], object]) -> None:
    """Have a function do something else when the word stands in what it is given; iterators are drawn out for that."""
    original = getattr(where, name)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        own = [list(each) if hasattr(each, "__next__") else each for each in arguments]
        given = own[1:] if isinstance(where, type) else own
        if word in repr([*given, *named.values()]):
            return instead(given)
        return original(*own, **named)

    setattr(where, name, wrapped)


if __name__ == "__main__":
    from streams.cli import main

    sabotage()
    main()
