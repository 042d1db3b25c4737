"""Every message's JSON as committed, so that a change of the wire format is seen and meant.

To renew the snapshots after a deliberate change: UPDATE_SNAPSHOTS=1 pytest tests/schemas/test_snapshots.py
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.codec import decode, encode
from schemas.envelope import Message
from schemas.wire import Inbound
from tests.schemas.examples import BUILDERS, EXAMPLES

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = "UPDATE_SNAPSHOTS"

every_message = pytest.mark.parametrize("message", EXAMPLES.values(), ids=lambda message: message.event_type)


def _snapshot(message: Message) -> Path:
    return SNAPSHOTS / f"{message.event_type}.json"


def _pretty(value: bytes) -> str:
    return json.dumps(json.loads(value), indent=2, ensure_ascii=False) + "\n"


@every_message
def test_a_message_is_written_as_its_snapshot(message: Message) -> None:
    written = _pretty(encode(message))
    if os.environ.get(UPDATE):
        _snapshot(message).write_text(written, encoding="utf-8")
    assert written == _snapshot(message).read_text(encoding="utf-8")


@every_message
def test_a_snapshot_is_read_as_its_message(message: Message) -> None:
    value = _snapshot(message).read_bytes()
    inbound = Inbound(message.topic, 0, 0, None, value, (), datetime(2026, 3, 2, tzinfo=UTC))
    assert decode(type(message), inbound) == message


@every_message
def test_an_example_states_every_field(message: Message) -> None:
    assert message.model_fields_set == type(message).model_fields.keys()


def test_every_snapshot_has_an_example() -> None:
    assert {path.name for path in SNAPSHOTS.iterdir()} == {f"{cls.event_type}.json" for cls in EXAMPLES}


def test_every_class_has_one_builder() -> None:
    assert len(EXAMPLES) == len(BUILDERS)
