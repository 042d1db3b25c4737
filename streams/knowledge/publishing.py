"""Documents from folders onto their topic: what is new or has changed is published, what is gone is deleted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from schemas.codec import encode
from schemas.errors import Unprocessable
from schemas.knowledge import Document
from schemas.topics import Topic
from schemas.wire import Outbound
from sinks.knowledge.batch import Key
from streams.emission import key_of
from streams.knowledge.records import Deleted, Published, Record, Refused, read
from streams.publishing import publish
from streams.topic_specs import MAX_MESSAGE_BYTES
from streams.watching import read_to_end

_HEADERS = (("content-type", b"application/json"),)
_ROOM_BYTES = 4_096  # for key, headers and framing


class Act(StrEnum):
    """What becomes of a document on its topic."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """One document and what becomes of it.

    Attributes:
        document: None for a deletion.
        remark: what is odd about it: its version goes back, or stands for another text than before.
    """

    key: Key
    act: Act
    document: Document | None = None
    remark: str = ""


def standing(bootstrap: str) -> dict[Key, Published | Refused]:
    """Return what the topic holds now: the last record of each key that is not a deletion.

    Raises:
        Retryable: as `read_to_end`.
    """
    found: dict[Key, Record] = {}
    for record in map(read, read_to_end(bootstrap, [Topic.DOCUMENTS])):
        if record.key is not None:
            found[record.key] = record
    return {key: record for key, record in found.items() if not isinstance(record, Deleted)}


def compare(
    wanted: Iterable[Document],
    present: Mapping[Key, Published | Refused],
    pruned: frozenset[str] = frozenset(),
) -> list[Change]:
    """Return what to do so that the topic holds these documents, the deletions last.

    Args:
        pruned: tenants that shall have no other documents.
    """
    documents = {(each.tenant, each.document_id): each for each in wanted}
    changes = [_change(key, each, present.get(key)) for key, each in documents.items()]
    gone = sorted(key for key in present if key[0] in pruned and key not in documents)
    return changes + [Change(key, Act.DELETED) for key in gone]


def carry_out(bootstrap: str, changes: Sequence[Change]) -> Counter[Act]:
    """Publish what changes, and return how many documents each act was for.

    Raises:
        Retryable: `not_published`.
        Unprocessable: `document_too_large`; nothing is published then.
    """
    records = [_record(each) for each in changes if each.act is not Act.UNCHANGED]
    if records:
        publish(bootstrap, records)
    return Counter(each.act for each in changes)


def _change(key: Key, document: Document, known: Published | Refused | None) -> Change:
    if known is None:
        return Change(key, Act.NEW, document)
    if isinstance(known, Published) and known.document == document:
        return Change(key, Act.UNCHANGED, document)
    return Change(key, Act.CHANGED, document, ", ".join(_remarks(document, known)))


def _remarks(document: Document, known: Published | Refused) -> Iterator[str]:
    if isinstance(known, Refused):
        yield "what was there could not be read"
    elif document.version < known.document.version:
        yield f"version goes back from {known.document.version} to {document.version}"
    elif document.version == known.document.version and document.text != known.document.text:
        yield f"version {document.version} stands for another text than before"


def _record(change: Change) -> Outbound:
    if change.document is None:
        return Outbound(Topic.DOCUMENTS, "/".join(change.key).encode(), None)
    value = encode(change.document)
    if len(value) > MAX_MESSAGE_BYTES - _ROOM_BYTES:
        raise Unprocessable("document_too_large", f"{'/'.join(change.key)}: {len(value)} bytes")
    return Outbound(Topic.DOCUMENTS, key_of(change.document), value, _HEADERS)
