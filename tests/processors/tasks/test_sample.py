"""The shipped sample says of each message how it must end, and its file can be trusted."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processors.tasks.shop_support.sample import FILE, SampleMessage, load
from processors.tasks.shop_support.shop_database import create
from schemas.errors import Fatal
from schemas.requests import MAX_REQUEST_BYTES, Request

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample() -> list[SampleMessage]:
    return load(NOW)


def _requests(sample: list[SampleMessage]) -> list[Request]:
    """Return the messages of the sample that are requests as they stand."""
    plain = [m for m in sample if not m.headers and m.value and not m.expect.startswith("dead_letter")]
    return [Request.model_validate_json(m.value or b"") for m in plain]


def test_covers_every_kind_of_ending(sample: list[SampleMessage]) -> None:
    kinds = Counter(message.expect.partition(":")[0] for message in sample)
    assert len(sample) >= 130
    assert set(kinds) == {"action", "review", "dead_letter", "duplicate", "any"}
    assert kinds["any"] <= 25


def test_covers_what_may_be_wrong_with_a_message(sample: list[SampleMessage]) -> None:
    reasons = {m.expect.partition(":")[2] for m in sample if m.expect.startswith("dead_letter")}
    assert reasons >= {
        "tombstone", "not_json", "not_utf8", "schema_mismatch", "too_large", "content_type", "unknown_source",
        "unknown_task", "tenant_not_granted", "role_not_granted", "cloudevents_version", "deadline_passed",
        "policy_denied",
    }  # fmt: skip
    assert any(message.value is None for message in sample)


def test_what_should_pass_is_a_request(sample: list[SampleMessage]) -> None:
    requests = _requests(sample)
    assert len(requests) >= 100
    assert {request.tenant for request in requests} == {"acme-shop", "nordwind", "petit-bazar"}


def test_only_declared_duplicates_repeat_an_id(sample: list[SampleMessage]) -> None:
    ids = Counter((request.source, request.id) for request in _requests(sample))
    duplicates = sum(message.expect == "duplicate" for message in sample)
    assert sum(count - 1 for count in ids.values()) == duplicates > 0


def test_deadlines_are_relative_to_now(sample: list[SampleMessage]) -> None:
    late = [m for m in sample if m.expect == "dead_letter:deadline_passed"]
    deadlines = [Request.model_validate_json(m.value or b"").deadline for m in late]
    assert deadlines == [NOW - timedelta(hours=1), NOW - timedelta(seconds=1)]


def test_oversized_message_is_generated_not_stored(sample: list[SampleMessage]) -> None:
    longest = max(len(message.value or b"") for message in sample)
    assert longest > MAX_REQUEST_BYTES > FILE.stat().st_size


def test_orders_named_for_refunds_and_statuses_exist(sample: list[SampleMessage], tmp_path: Path) -> None:
    dump = create(tmp_path / "shop.db", NOW.date()).read_bytes().decode("latin-1")
    settled = [m for m in sample if m.expect in {"action:issue_refund", "review"}]
    named = {number for m in settled for number in re.findall(r"[A-Z]{2}-\d{6}", (m.value or b"").decode())}
    assert len(named) >= 15
    assert all(number in dump for number in named)


@pytest.mark.parametrize(
    "line",
    [
        {"note": "n", "expect": "any"},
        {"note": "n", "expect": "any", "raw": "", "tombstone": True},
        {"note": "n", "expect": "perhaps", "raw": ""},
        {"note": "n", "expect": "any", "raw": "", "colour": "red"},
    ],
)
def test_bad_line_is_named(tmp_path: Path, line: dict[str, object]) -> None:
    file = tmp_path / "sample.jsonl"
    file.write_text('{"note": "n", "expect": "any", "raw": "x"}\n' + json.dumps(line), encoding="utf-8")
    with pytest.raises(Fatal, match="sample_invalid: line 2"):
        load(NOW, file)


def test_a_mark_makes_new_requests_of_all_that_are_admitted() -> None:
    plain, marked = load(NOW), load(NOW, mark="-2")
    read = [index for index, message in enumerate(plain) if not message.expect.startswith("dead_letter")]
    ids = [(_id(plain[index].value), _id(marked[index].value)) for index in read]
    assert len({one for one, _ in ids}) > 100
    assert all(other == (one and f"{one}-2") for one, other in ids)


def _id(value: bytes | None) -> str | None:
    try:
        document = json.loads(value or b"")
    except ValueError:
        return None
    found = document.get("id") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None
