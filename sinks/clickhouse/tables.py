"""The tables as the writer fills them: names and types of columns, in order.

The migrations create them; a test compares both with what the engine describes. Types are pinned here so that no
insert has to ask the engine for them, and both backends receive the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CODE = "LowCardinality(String)"
CODES = "Array(LowCardinality(String))"
CODE_MAP = "Map(LowCardinality(String), String)"
MILLIS = "DateTime64(3, 'UTC')"
MICROS = "DateTime64(6, 'UTC')"
MONEY = "Decimal(18, 12)"
TEXT = "String"

_HEAD = {"tenant": CODE, "received_at": MILLIS, "request_id": "UUID", "generation": "UInt32"}
_TAIL = {
    "event_id": "UUID",
    "src_topic": CODE,
    "src_partition": "UInt32",
    "src_offset": "UInt64",
    "ver": "UInt64",
}
_SPENT = {"calls": "UInt32", "input_tokens": "UInt64", "output_tokens": "UInt64", "cost_usd": MONEY}
_SOURCE = {"source_topic": CODE, "source_partition": "UInt32", "source_offset": "UInt64"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: values in the order of its table's columns."""

    table: str
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's name, and its columns' types by name, in order."""

    name: str
    columns: Mapping[str, str]

    def row(self, values: Mapping[str, object]) -> Row:
        """Return a row of these values.

        Raises:
            ValueError: columns are missing or unknown; a mistake in the mapping, never in the data.
        """
        if values.keys() != self.columns.keys():
            raise ValueError(f"{self.name}: {sorted(values.keys() ^ self.columns.keys())}")
        return Row(self.name, tuple(values[name] for name in self.columns))


def _table(name: str, *groups: Mapping[str, str]) -> Table:
    return Table(name, {column: kind for group in groups for column, kind in group.items()})


REQUESTS = _table(
    "requests",
    _HEAD,
    {"source": CODE, "source_id": TEXT, "principal_id": TEXT, "roles": CODES, "task": CODE},
    {"conversation_id": TEXT, "language": CODE, "deadline": MILLIS, "priority": CODE},
    {"max_cost_usd": MONEY, "max_tokens": "UInt64", "trace_id": TEXT},
    {"origin_topic": CODE, "origin_partition": "UInt32", "origin_offset": "UInt64"},
    {"text": TEXT, "fields": TEXT, "turns": TEXT, "identifiers": CODE_MAP},
    {"findings": "Map(LowCardinality(String), UInt32)", "signals": CODES, "redaction_version": CODE},
    {"admitted": "UInt8"},
    _TAIL,
)
STAGE_EVENTS = _table(
    "stage_events",
    _HEAD,
    {"stage": CODE, "topic": CODE, "event_type": CODE, "trace_id": TEXT, "span_id": TEXT},
    {
        "started_at": MICROS,
        "emitted_at": MILLIS,
        "wall_us": "UInt64",
        "cpu_us": "UInt64",
        "attempt": "UInt32",
    },
    {"model_calls": "UInt32", "notes": CODE_MAP, "facts": CODE_MAP},
    _TAIL,
)
MODEL_CALLS = _table(
    "model_calls",
    _HEAD,
    {"task": CODE, "stage": CODE, "call_id": "UUID", "called_at": MICROS, "tier": CODE, "provider": CODE},
    {"model": CODE, "purpose": CODE, "prompt_version": CODE, "attempt": "UInt32", "status": CODE},
    {"finish_reason": CODE, "input_tokens": "UInt64", "cached_tokens": "UInt64", "output_tokens": "UInt64"},
    {"reasoning_tokens": "UInt64", "estimated": "UInt8", "cost_usd": MONEY, "price_version": CODE},
    {
        "latency_ms": "UInt64",
        "temporary_failure": "UInt8",
        "prompt_chars": "UInt64",
        "response_chars": "UInt64",
    },
    _TAIL,
)
MODEL_PAYLOADS = _table("model_payloads", _HEAD, {"call_id": "UUID", "prompt": TEXT, "response": TEXT}, _TAIL)
CHUNK_USES = _table(
    "chunk_uses",
    _HEAD,
    {"task": CODE, "stage": CODE, "used_at": MICROS, "ordinal": "UInt32", "chunk_id": TEXT},
    {"document_id": TEXT, "rank": "UInt32", "score": "Float64", "permitted": "UInt8", "permitted_by": TEXT},
    _TAIL,
)
VERDICTS = _table(
    "verdicts",
    _HEAD,
    {
        "task": CODE,
        "judged_at": MILLIS,
        "proposal_id": "UUID",
        "tier": CODE,
        "action_type": CODE,
        "risk": CODE,
    },
    {"label": CODE, "confidence": "Float64", "ruling": CODE, "rules": CODES, "policy_version": CODE},
    {"payload_digest": TEXT, "action": TEXT},
    _TAIL,
)
REVIEWS = _table(
    "reviews",
    _HEAD,
    {"task": CODE, "review_id": "UUID", "tier": CODE, "action_type": CODE, "rules": CODES},
    {
        "policy_version": CODE,
        "payload_digest": TEXT,
        "opened_at": MILLIS,
        "expires_at": MILLIS,
        "action": TEXT,
    },
    _TAIL,
)
DECISIONS = _table(
    "decisions",
    {"tenant": CODE, "decided_at": MILLIS, "review_id": "UUID", "decision_id": "UUID", "reviewer_id": TEXT},
    {"decision": CODE, "payload_digest": TEXT, "reason": CODE},
    _TAIL,
)
ACTIONS = _table(
    "actions",
    _HEAD,
    {
        "task": CODE,
        "action_id": "UUID",
        "published_at": MILLIS,
        "action_type": CODE,
        "risk": CODE,
        "tier": CODE,
    },
    {
        "rules": CODES,
        "policy_version": CODE,
        "payload_digest": TEXT,
        "review_id": "UUID",
        "decision_id": "UUID",
    },
    {"approved_by": TEXT, "key_id": CODE, "evidence_chunks": "Array(String)", "action": TEXT},
    _SPENT,
    _TAIL,
)
DEAD_LETTERS = _table(
    "dead_letters",
    _HEAD,
    {"known": "UInt8", "source": CODE, "source_id": TEXT, "task": CODE, "stage": CODE, "reason": CODE},
    {"detail": TEXT, "error_class": CODE, "retryable": "UInt8", "attempts": "UInt32"},
    _SOURCE,
    {"failed_at": MILLIS, "policy_version": CODE, "rules": CODES, "review_id": "UUID", "body": TEXT},
    _SPENT,
    _TAIL,
)
AUDITS = _table(
    "audits",
    _HEAD,
    {"task": CODE, "source": CODE, "source_id": TEXT, "stage": CODE, "kind": CODE, "detail": TEXT},
    _SOURCE,
    {"audited_at": MILLIS},
    _TAIL,
)
RESERVATIONS = _table(
    "reservations",
    _HEAD,
    {"reservation_id": "UUID", "cost_usd": MONEY, "tokens": "UInt64", "day": "Date", "expires_at": MILLIS},
    _TAIL,
)
SETTLEMENTS = _table(
    "settlements",
    _HEAD,
    {"reservation_id": "UUID", "cost_usd": MONEY, "tokens": "UInt64", "day": "Date"},
    _TAIL,
)
STATUSES = _table(
    "statuses",
    {"tenant": CODE, "changed_at": MILLIS, "request_id": "UUID", "generation": "UInt32", "source": CODE},
    {"source_id": TEXT, "state": CODE, "reason": CODE, "action_id": "UUID", "action_type": CODE},
    _TAIL,
)
OUTCOMES = _table(
    "outcomes",
    {"tenant": CODE, "action_id": "UUID", "system": CODE, "outcome": CODE, "at": MILLIS},
    {"satisfaction": "UInt8", "reported_at": MILLIS},
    _TAIL,
)
DOCUMENTS = _table(
    "documents",
    {"tenant": CODE, "document_id": TEXT, "version": "UInt64", "published_at": MILLIS, "media_type": CODE},
    {"language": CODE, "characters": "UInt64", "roles": CODES, "principals": "UInt32"},
    {"valid_from": f"Nullable({MILLIS})", "valid_until": f"Nullable({MILLIS})"},
    _TAIL,
)
CONTROLS = _table(
    "controls",
    {"tenant": CODE, "action_type": CODE, "engaged": "UInt8", "engaged_by": TEXT, "at": MILLIS},
    _TAIL,
)
POLICIES = _table(
    "policies", {"tenant": CODE, "task": CODE, "version": TEXT, "cedar": TEXT, "at": MILLIS}, _TAIL
)
POISON = _table(
    "poison",
    {"src_topic": CODE, "src_partition": "UInt32", "src_offset": "UInt64", "at": MILLIS},
    {"into": CODE, "error": CODE, "ver": "UInt64"},
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        REQUESTS,
        STAGE_EVENTS,
        MODEL_CALLS,
        MODEL_PAYLOADS,
        CHUNK_USES,
        VERDICTS,
        REVIEWS,
        DECISIONS,
        ACTIONS,
        DEAD_LETTERS,
        AUDITS,
        RESERVATIONS,
        SETTLEMENTS,
        STATUSES,
        OUTCOMES,
        DOCUMENTS,
        CONTROLS,
        POLICIES,
        POISON,
    )
}
"""Every table that `record` writes, by name."""
