"""The redact stage: what leaves it holds no personal data and no secret in clear."""

from typing import TYPE_CHECKING

from processors.redact.patterns_only import PatternDetector
from processors.redact.restoring import restore
from processors.redact.stage import Redact
from processors.redact.vault import AesVault

if TYPE_CHECKING:
    from processors.redact.detector import PresidioDetector

__all__ = ["AesVault", "PatternDetector", "PresidioDetector", "Redact", "restore"]


def __getattr__(name: str) -> object:
    """Import the detector when it is asked for: other stages need placeholders, not a hundred megabytes of model."""
    if name == "PresidioDetector":
        from processors.redact.detector import PresidioDetector  # noqa: PLC0415 - see above

        return PresidioDetector
    raise AttributeError(name)
