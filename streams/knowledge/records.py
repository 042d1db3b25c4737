"""Records of `documents` as they come: a document, its end, or what cannot be taken in and why."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from schemas.codec import decode
from schemas.errors import Unprocessable
from schemas.knowledge import Document
from schemas.wire import Inbound
from sinks.knowledge.batch import Key, Place
from streams.topic_specs import MAX_MESSAGE_BYTES

_KEY = re.compile(r"([a-z][a-z0-9_-]{0,63})/([A-Za-z0-9][A-Za-z0-9._:/-]{0,127})", re.ASCII)


class Stand(NamedTuple):
    """Where and when a record was appended."""

    place: Place
    at: datetime


@dataclass(frozen=True, slots=True)
class Published:
    """A document as it stands from here on."""

    key: Key
    stand: Stand
    document: Document


@dataclass(frozen=True, slots=True)
class Deleted:
    """The end of a document."""

    key: Key
    stand: Stand


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot be taken in; what its key had ends with it.

    Attributes:
        key: None where the record has none that could be a document's.
        reason: `key_missing`, `key_invalid`, `key_mismatch`, `too_large`, `not_json`, `schema_mismatch`, or what the
            preparation of its text says.
    """

    key: Key | None
    stand: Stand
    reason: str


Record = Published | Deleted | Refused


def read(inbound: Inbound) -> Record:
    """Return what a record says. Key and value must agree on tenant and id. Never raises."""
    stand = Stand(Place(inbound.partition, inbound.offset), inbound.timestamp)
    if inbound.key is None:
        return Refused(None, stand, "key_missing")
    key = _key(inbound.key)
    if key is None:
        return Refused(None, stand, "key_invalid")
    return Deleted(key, stand) if inbound.value is None else _document(inbound, inbound.value, key, stand)


def _document(inbound: Inbound, value: bytes, key: Key, stand: Stand) -> Published | Refused:
    if len(value) > MAX_MESSAGE_BYTES:
        return Refused(key, stand, "too_large")
    try:
        document = decode(Document, inbound)
    except Unprocessable as error:
        return Refused(key, stand, "not_json" if "json_invalid" in error.detail else error.reason)
    if (document.tenant, document.document_id) != key:
        return Refused(key, stand, "key_mismatch")
    return Published(key, stand, document)


def _key(raw: bytes) -> Key | None:
    """Return tenant and id; a tenant has no slash, so the first one parts them."""
    try:
        found = _KEY.fullmatch(raw.decode("ascii"))
    except UnicodeDecodeError:
        return None
    return (found[1], found[2]) if found else None
