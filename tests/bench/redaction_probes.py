"""Single values to cover whole: secrets as their providers document them, and values in every disguise we know of."""

import random
from collections.abc import Callable, Iterable, Iterator

from tests.bench.redaction_score import Gold, Labelled
from tests.processors.redact import evasions, secret_samples
from tests.processors.redact.secret_samples import Format, Sample

_SEED = 9


def probes(most: int | None) -> dict[str, list[Labelled]]:
    """Return the texts by set, each with one value; `most` of each set, or all without a number."""
    dice = random.Random(_SEED)
    found = {
        "told secrets": list(_secrets(secret_samples.told)),
        "untold secrets": list(_secrets(secret_samples.untold)),
        "evasions": list(_evasions()),
    }
    return {name: dice.sample(texts, min(len(texts), most or len(texts))) for name, texts in found.items()}


def _secrets(placed: Callable[[Format, str], Iterable[Sample]]) -> Iterator[Labelled]:
    dice = random.Random(_SEED)
    for form in secret_samples.FORMATS:
        for sample in placed(form, form.draw(dice)):
            start = sample.text.index(sample.value)
            gold = Gold(start, start + len(sample.value), f"{form.provider} ({sample.context})")
            yield Labelled(sample.text, (gold,))


def _evasions() -> Iterator[Labelled]:
    for sample in evasions.samples():
        yield Labelled(sample.text, (Gold(sample.start, sample.end, f"{sample.kind} ({sample.value})"),))
