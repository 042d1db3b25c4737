"""The topics: their names, keys and how the broker keeps them."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Topic(StrEnum):
    """Every topic of the line. Delayed copies wait in `DELAYS`."""

    REQUESTS = "requests"
    REDACTED = "requests.redacted"
    ADMITTED = "requests.admitted"
    GROUNDED = "requests.grounded"
    PROPOSALS = "proposals"
    ESCALATIONS = "escalations"
    LOOKUPS = "lookups"
    VALID = "proposals.valid"
    VERDICTS = "verdicts"
    REVIEWS = "reviews"
    DECISIONS = "decisions"
    ACTIONS = "actions"
    DEAD_LETTERS = "dead-letters"
    AUDIT = "audit"
    RESERVATIONS = "reservations"
    SETTLEMENTS = "settlements"
    STATUSES = "statuses"
    OUTCOMES = "outcomes"
    DOCUMENTS = "documents"
    CONTROL = "control"
    POLICIES = "policies"


class Key(StrEnum):
    """What a topic's messages are keyed, and therefore ordered, by."""

    PUBLISHER = "publisher's choice"
    TENANT = "tenant"
    CONVERSATION = "conversation"
    SOURCE = "source"
    ACTION = "action id"
    DOCUMENT = "tenant and document id"
    SUBJECT = "what the record is about"


@dataclass(frozen=True, slots=True)
class TopicTraits:
    """How the broker keeps a topic.

    Attributes:
        retention: age at which a record may go; where `compacted`, how long a deletion stays to be seen by a reader that
            was away.
        append_time: the broker's clock stamps the record, not the publisher's.
        personal: the topic may hold personal data in clear, so access to it is restricted.
    """

    key: Key
    purpose: str
    retention: timedelta
    append_time: bool = False
    compacted: bool = False
    personal: bool = False


_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_FOLD_WINDOW = timedelta(days=14)

TRAITS: dict[Topic, TopicTraits] = {
    Topic.REQUESTS: TopicTraits(
        Key.PUBLISHER, "Requests as upstream systems publish them", _DAY, append_time=True, personal=True
    ),
    Topic.REDACTED: TopicTraits(Key.TENANT, "Requests without personal data or secrets", _WEEK),
    Topic.ADMITTED: TopicTraits(Key.CONVERSATION, "Requests admitted within a budget", _WEEK),
    Topic.GROUNDED: TopicTraits(Key.CONVERSATION, "Requests with the evidence they may see", _WEEK),
    Topic.PROPOSALS: TopicTraits(Key.CONVERSATION, "Candidate actions, untrusted", _WEEK),
    Topic.ESCALATIONS: TopicTraits(Key.CONVERSATION, "Requests for the larger model", _WEEK),
    Topic.LOOKUPS: TopicTraits(Key.CONVERSATION, "Requests for more evidence", _WEEK),
    Topic.VALID: TopicTraits(Key.TENANT, "Proposals that satisfy their action's schema", _WEEK),
    Topic.VERDICTS: TopicTraits(Key.TENANT, "Policy verdicts on valid proposals", _FOLD_WINDOW),
    Topic.REVIEWS: TopicTraits(Key.TENANT, "Proposals that wait for a person", _FOLD_WINDOW),
    Topic.DECISIONS: TopicTraits(Key.TENANT, "What reviewers decided", _FOLD_WINDOW, append_time=True),
    Topic.ACTIONS: TopicTraits(
        Key.TENANT, "Verified, permitted, signed actions", _FOLD_WINDOW, personal=True
    ),
    Topic.DEAD_LETTERS: TopicTraits(Key.TENANT, "Requests that ended without an action", _FOLD_WINDOW),
    Topic.AUDIT: TopicTraits(Key.TENANT, "What a stage did not forward", _WEEK),
    Topic.RESERVATIONS: TopicTraits(Key.TENANT, "Budget reserved before work", _FOLD_WINDOW),
    Topic.SETTLEMENTS: TopicTraits(Key.TENANT, "Budget settled after work", _FOLD_WINDOW),
    Topic.STATUSES: TopicTraits(Key.SOURCE, "The fate of each request, for its publisher", _WEEK),
    Topic.OUTCOMES: TopicTraits(Key.ACTION, "What came of an action", _FOLD_WINDOW),
    Topic.DOCUMENTS: TopicTraits(
        Key.DOCUMENT, "Knowledge with its access lists", _WEEK, append_time=True, compacted=True
    ),
    Topic.CONTROL: TopicTraits(
        Key.SUBJECT, "Kill switches and other operator commands", _WEEK, compacted=True
    ),
    Topic.POLICIES: TopicTraits(Key.SUBJECT, "Policy sets in force", _WEEK, compacted=True),
}

DELAYS: dict[str, timedelta] = {
    "delay.2": timedelta(seconds=2),
    "delay.15": timedelta(seconds=15),
    "delay.60": timedelta(seconds=60),
}
"""Delay topics, one constant delay each, so that a topic's records fall due in order."""
