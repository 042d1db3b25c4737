"""A detector of patterns alone: fast, deterministic, without a language model. For tests and for machine-made text."""

from collections.abc import Sequence

from processors.redact import rules
from processors.redact.detection.detecting import ThreadedDetector
from processors.redact.rules.growing import grow
from processors.redact.rules.names import UNSURE
from processors.redact.rules.spans import merge
from schemas.ports import Profile, Span


class PatternDetector(ThreadedDetector):
    """Finds what has a shape or tell-tale words around it; a name in mid-sentence it does not find."""

    @property
    def version(self) -> str:
        """Version of the rules."""
        return f"patterns-{rules.VERSION}"

    def scan(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.PATTERNS
    ) -> list[list[Span]]:
        """Return the spans of each text, merged. There is one profile, whichever is asked for."""
        del profile
        return [_found(text, language) for text in texts]


def _found(text: str, language: str) -> list[Span]:
    sure = (span for span in rules.find(text) if span.score > UNSURE or span.entity != "PERSON")
    return merge(text, grow(text, merge(text, sure), language))
