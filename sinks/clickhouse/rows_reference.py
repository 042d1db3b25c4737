"""Rows of what operators and publishers of knowledge put in force."""

from schemas.endings import Control, PolicyPublished
from schemas.knowledge import Document
from sinks.clickhouse.record import Record
from sinks.clickhouse.tables import CONTROLS, DOCUMENTS, POLICIES, Row


def document_row(record: Record, message: Document) -> Row:
    """Return a document's description; neither title nor text, which are redacted only where the line takes them in."""
    return record.row(
        DOCUMENTS,
        {
            "tenant": message.tenant,
            "document_id": message.document_id,
            "version": message.version,
            "published_at": record.at,
            "media_type": message.media_type,
            "language": message.language,
            "characters": len(message.text),
            "roles": list(message.access.roles),
            "principals": len(message.access.principals),
            "valid_from": message.valid_from,
            "valid_until": message.valid_until,
        },
    )


def control_row(record: Record, message: Control) -> Row:
    return record.row(
        CONTROLS,
        {
            "tenant": message.tenant or "",
            "action_type": message.action_type,
            "engaged": int(message.engaged),
            "engaged_by": message.by,
            "at": record.at,
        },
    )


def policy_row(record: Record, message: PolicyPublished) -> Row:
    return record.row(
        POLICIES,
        {
            "tenant": message.tenant or "",
            "task": message.task,
            "version": message.version,
            "cedar": message.cedar,
            "at": record.at,
        },
    )
