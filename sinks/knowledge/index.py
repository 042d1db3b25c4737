"""The knowledge of one worker."""

import logging
from dataclasses import dataclass
from pathlib import Path

from sinks.knowledge.batch import Grants
from sinks.knowledge.embeddings import EmbeddingModel
from sinks.knowledge.memory import MemoryPassageIndex

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Versions:
    """Of the rules by which passages were made; under others, documents must be cut and redacted anew.

    Attributes:
        chunker: of the rules that cut them.
        detector: of what redacted them.
    """

    chunker: str
    detector: str


class KnowledgeIndex(MemoryPassageIndex):
    """Implements `LiveIndex`."""

    @classmethod
    def open(
        cls, directory: Path, *, grants: Grants, versions: Versions, model: EmbeddingModel | None = None
    ) -> "KnowledgeIndex":
        """Open the first index below the directory that no other process has open, or make one.

        What other versions made is not used: `offsets` is empty then.

        Raises:
            Fatal: `knowledge_directory_unusable`, also if too many processes share it.
        """
        logger.debug("passages by %s", versions)
        directory.mkdir(parents=True, exist_ok=True)
        return cls(grants, model)
