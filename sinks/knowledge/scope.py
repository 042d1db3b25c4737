"""Whether a document's passages are within a scope, decided on all that is known of the document."""

from dataclasses import dataclass, replace
from datetime import datetime

from schemas.knowledge import DocumentHead
from schemas.retrieval import Scope
from sinks.knowledge.batch import Grants, Place, Tombstone, Upsert, follows


@dataclass(frozen=True, slots=True)
class Rule:
    """A document's head with what a reader must hold one of."""

    head: DocumentHead
    grants: frozenset[str]

    def permits(self, scope: Scope) -> bool:
        """Return whether the head lets a search within the scope return the document."""
        held = not self.grants.isdisjoint(scope.grants)
        return held and _valid(self.head, scope.at) and _wanted(self.head, scope)

    def same_access(self, other: "Rule") -> bool:
        """Return whether every scope is permitted the same by both."""
        return self.grants == other.grants and _limits(self.head) == _limits(other.head)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a document, whole: it is replaced, never changed.

    Its passages may be older than its newest head. They are for those whom both let read them: a new list may have been
    opened because of what a new text leaves out.

    Attributes:
        newest: None once the document was removed.
        place: of the record that said so.
        indexed: as of the record whose passages are indexed; None while there are none, or none that may be read.
        indexed_from: that record.
        published_at: when it was appended.
        removed: the newest removal not yet applied; passages of earlier records are of no use any more.
    """

    newest: Rule | None
    place: Place
    indexed: Rule | None = None
    indexed_from: Place | None = None
    published_at: datetime | None = None
    removed: Place | None = None

    @property
    def head(self) -> DocumentHead | None:
        """The newest head, if there are passages to be read."""
        return self.newest.head if self.newest and self.indexed else None

    @property
    def behind(self) -> bool:
        """Whether who may read its passages is not what they were indexed under."""
        return not (self.newest and self.indexed and self.newest.same_access(self.indexed))

    def permits(self, scope: Scope | None) -> bool:
        """Return whether a search within the scope may return its passages."""
        if self.newest is None or self.indexed is None:
            return False
        return scope is None or (self.newest.permits(scope) and self.indexed.permits(scope))


def revised(known: Known | None, head: DocumentHead, place: Place, grants: Grants) -> Known | None:
    """Return what is known after a record was heard of; None if it changes nothing."""
    if known is None:
        return Known(Rule(head, grants(head)), place)
    return (
        replace(known, newest=Rule(head, grants(head)), place=place) if follows(place, known.place) else None
    )


def removed(known: Known | None, place: Place) -> Known | None:
    """Return what is known after a tombstone was heard of; None if it changes nothing."""
    return Known(None, place, removed=place) if known is None or follows(place, known.place) else None


def overtaken(known: Known | None, change: Upsert | Tombstone) -> bool:
    """Return whether a change is of no use any more: a later one has been applied, or a later removal was heard of."""
    later = (known.indexed_from, known.removed) if known else ()
    return any(place is not None and not follows(change.place, place) for place in later)


def buried(known: Known | None, tombstone: Tombstone) -> Known | None:
    """Return what is known after a tombstone was applied; None if that is nothing."""
    if known is None or follows(tombstone.place, known.place):
        return None
    return Known(known.newest, known.place)


def indexed(known: Known | None, upsert: Upsert, grants: Grants) -> Known:
    """Return what is known after a document's passages were applied."""
    rule = Rule(upsert.head, grants(upsert.head))
    if known is None or follows(upsert.place, known.place):
        return Known(rule, upsert.place, rule, upsert.place, upsert.published_at)
    return Known(known.newest, known.place, rule, upsert.place, upsert.published_at)


def _valid(head: DocumentHead, at: datetime) -> bool:
    begun = head.valid_from is None or head.valid_from <= at
    return begun and (head.valid_until is None or at < head.valid_until)


def _wanted(head: DocumentHead, scope: Scope) -> bool:
    if scope.document_types and head.document_type not in scope.document_types:
        return False
    return not scope.product_areas or not head.product_area or head.product_area in scope.product_areas


def _limits(head: DocumentHead) -> tuple[object, ...]:
    return head.valid_from, head.valid_until, head.document_type, head.product_area
