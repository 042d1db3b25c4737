"""The redact stage: what leaves it holds no personal data and no secret in clear.

The detector is imported from its own module: other stages need placeholders, not a hundred megabytes of model.
"""

from processors.redact.detection.patterns_only import PatternDetector
from processors.redact.restoring import restore
from processors.redact.sealing.vault import AesVault
from processors.redact.stage import Redact

__all__ = ["AesVault", "PatternDetector", "Redact", "restore"]
