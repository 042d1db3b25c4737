"""The detector of redact against Presidio as it comes, with the same language model."""

import math
import warnings
from collections.abc import Callable, Sequence

from tests.bench.figures import Measure, Report, rates
from tests.bench.processes import Laps, alone
from tests.bench.texts import documents

UNIT = "documents/CPU s"
BATCH = 16


def measure(size: int, runs: int) -> Report:
    """Search the same `size` documents with either, each in a process of its own."""
    stock = Measure("Presidio as it comes", UNIT, rates(size, alone(_stock, size, runs)))
    single, batched = (rates(size, seconds) for seconds in alone(_ours, size, runs))
    measures = (
        Measure("detector, a document at a time", UNIT, single, stock),
        Measure(f"detector, {BATCH} documents at a time", UNIT, batched, stock),
        stock,
    )
    return Report("redact", size, runs, measures, _NOTES)


def _ours(size: int, runs: int) -> tuple[list[float], list[float]]:
    from processors.redact.detector import PresidioDetector  # noqa: PLC0415 - loaded in the measured process only

    detector = PresidioDetector(budget_seconds=math.inf)  # it is for one request, not for a batch of them

    def find(texts: Sequence[str]) -> object:
        return detector.scan(texts, "en")

    return _timed(find, size, runs, 1), _timed(find, size, runs, BATCH)


def _stock(size: int, runs: int) -> list[float]:
    warnings.simplefilter("ignore")
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415

    from processors.redact.detector import MODEL  # noqa: PLC0415
    from processors.redact.presidio import PresidioRecognisers  # noqa: PLC0415

    PresidioRecognisers()  # silences Presidio and keeps it off the network, which its time must not include
    models = [{"lang_code": "en", "model_name": MODEL}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    analyzer = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])
    return _timed(lambda texts: [analyzer.analyze(text, "en") for text in texts], size, runs, 1)


def _timed(find: Callable[[Sequence[str]], object], size: int, runs: int, at_once: int) -> list[float]:
    texts, laps = documents(size), Laps(size, runs)
    while not laps.complete:
        for start in range(0, size, at_once):
            batch = texts[start : start + at_once]
            find(batch)
            laps.count(len(batch))
    return laps.seconds()


_NOTES = (
    "both load the same spaCy model; the detector also applies its own rules, secrets and default-deny",
    "e-mails of two to six sentences from templates; a stage hands over one request at a time",
)
