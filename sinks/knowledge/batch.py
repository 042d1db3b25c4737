"""What changes an index: records of the topic `documents`, read in order of offset within each partition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from schemas.knowledge import DocumentHead, Passage
from schemas.retrieval import PassageIndex

Grants = Callable[[DocumentHead], frozenset[str]]
"""What a reader must hold one of to read a document. None stands for nobody; validity is no part of it."""

Key = tuple[str, str]
"""A document: its tenant and its id there."""


class Place(NamedTuple):
    """Where a record stands in the topic."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Upsert:
    """A document as a record has it, cut and redacted. It replaces all passages that the document had.

    Attributes:
        published_at: when the record was appended to the topic.
    """

    head: DocumentHead
    passages: Sequence[Passage]
    published_at: datetime
    place: Place

    @property
    def key(self) -> Key:
        return self.head.tenant, self.head.document_id


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The end of a document."""

    tenant: str
    document_id: str
    place: Place

    @property
    def key(self) -> Key:
        return self.tenant, self.document_id


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that become visible, and durable, together.

    Attributes:
        next_offsets: by partition, from where to read on once this batch is applied.
    """

    upserts: Sequence[Upsert] = ()
    tombstones: Sequence[Tombstone] = ()
    next_offsets: Mapping[int, int] = field(default_factory=dict)

    def newest(self) -> tuple[list[Upsert], list[Tombstone]]:
        """Return the last change of each document, in the order of the batch."""
        last: dict[Key, Upsert | Tombstone] = {}
        changes: list[Upsert | Tombstone] = [*self.upserts, *self.tombstones]
        for change in changes:
            known = last.get(change.key)
            if known is None or follows(change.place, known.place):
                last[change.key] = change
        newest = list(last.values())
        return (
            [change for change in newest if isinstance(change, Upsert)],
            [change for change in newest if isinstance(change, Tombstone)],
        )


def follows(place: Place, known: Place) -> bool:
    """Return whether a record is the known one or came after it; of two partitions, what is said later counts."""
    return place.partition != known.partition or place.offset >= known.offset


@dataclass(frozen=True, slots=True)
class Counts:
    """How much an index holds.

    Attributes:
        documents: that can be found, the revised ones among them.
        passages: of these.
        memory_bytes: of embeddings and their codes.
    """

    documents: int
    passages: int
    memory_bytes: int = 0


class LiveIndex(PassageIndex, Protocol):
    """A searchable index that follows the topic. One thread changes it; any number search meanwhile.

    A record is told of twice: at once by `revise` or `remove`, so that nobody reads what they may no longer, and by
    `apply` when its passages have been cut and redacted, which may take a while. What is told of an older record than one
    already known changes no access.
    """

    def apply(self, batch: Batch) -> None:
        """Take in changes; when it returns they are searched for, and on the disk with the offsets to go on from.

        Raises:
            Retryable: `knowledge_store_unavailable` if they cannot be written now; nothing has changed then.
            Fatal: `knowledge_index_broken` if the index no longer agrees with its file; opening it again mends it.
        """

    def revise(self, head: DocumentHead, place: Place) -> None:
        """Let a document's newest access list, validity, type and area hold at once, in every search and entry."""

    def remove(self, tenant: str, document_id: str, place: Place) -> None:
        """Let no search and no entry return a document from now on."""

    def offsets(self) -> Mapping[int, int]:
        """Return the next offset of each partition, as of the batches applied; empty when all must be read again."""

    def documents(self) -> Sequence[DocumentHead]:
        """Return the documents that can be found, as they stand now."""

    def counts(self) -> Counts:
        """Return how much it holds."""

    def clear(self) -> None:
        """Forget everything, offsets and what was revised as well, so that all is read again."""

    def close(self) -> None:
        """Let go of the files and the lock."""
