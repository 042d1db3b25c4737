"""How a worker's documents become passages of its index: cut, redacted, and marked with the rules that did it."""

from pathlib import Path

from processors.ground.access import grants
from processors.ground.chunking import CHUNKER
from processors.ground.preparing import prepare
from processors.ground.sanitising import Sanitiser
from schemas.errors import Fatal, Unprocessable
from schemas.knowledge import Document, Passage
from schemas.ports import Detector
from streams.knowledge.follower import OpenedIndex, Rules

UNDETECTED = "none"
_PROBE = ("Ada Lovelace, ada@example.com",)


def passage_rules(detector: Detector, sanitiser: Sanitiser) -> Rules:
    """Return the rules by which this worker prepares documents."""

    async def prepared(document: Document) -> tuple[Passage, ...]:
        try:
            return await prepare(document, sanitiser)
        except (
            Fatal
        ) as error:  # whether a worker can go on without its detector is decided where it is loaded
            raise Unprocessable(error.reason, error.detail) from None

    async def version() -> str:
        try:
            await detector.detect(_PROBE, "en")
        except Fatal:
            return UNDETECTED
        return detector.version

    return Rules(prepared, version)


def open_index(directory: Path, detector: str) -> OpenedIndex:
    """Open this worker's index below a directory, for passages that a detector of this version redacted.

    Raises:
        Fatal: the directory or the embeddings cannot be used.
    """
    from sinks.knowledge.index import KnowledgeIndex, Versions  # noqa: PLC0415 - only who grounds needs its libraries

    return KnowledgeIndex.open(directory, grants=grants, versions=Versions(CHUNKER, detector))
