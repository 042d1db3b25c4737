"""What a follower remembers: the log, versions, refusals. Nothing of a refused record's value."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.knowledge import Document
from sinks.knowledge.batch import Place
from streams.knowledge.ledger import FILE, MAX_NAMELESS, Ledger, Log
from streams.knowledge.records import Deleted, Published, Refused, Stand
from tests.events import MOMENT
from tests.streams.knowledge.followers import AGENTS, document

LOG = Log("topic-1", datetime(2026, 5, 1, 12, tzinfo=UTC))
KEY = ("acme", "a")


def stand(offset: int, partition: int = 0, later_seconds: float = 0) -> Stand:
    return Stand(Place(partition, offset), MOMENT + timedelta(seconds=later_seconds))


def published(document: Document, where: Stand) -> Published:
    return Published((document.tenant, document.document_id), where, document)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    found = Ledger(tmp_path)
    found.begin(LOG)
    return found


def told(ledger: Ledger) -> tuple[dict[str, int], dict[str, int]]:
    ledger.commit()
    return dict(ledger.told.refused), dict(ledger.told.notes)


def test_a_new_ledger_knows_no_log(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        assert ledger.log() is None


def test_it_is_read_back(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.begin(LOG)
        ledger.refuse(Refused(KEY, stand(1), "not_json"))
        ledger.commit()
    with Ledger(tmp_path) as ledger:
        assert ledger.log() == LOG
        assert ledger.told.refused == {"not_json": 1}
        ledger.confirm(LOG.confirmed_at + timedelta(days=1))
        assert ledger.log() == replace(LOG, confirmed_at=LOG.confirmed_at + timedelta(days=1))


def test_a_beginning_forgets_everything(ledger: Ledger) -> None:
    ledger.refuse(Refused(KEY, stand(1), "not_json"))
    ledger.publish(published(document("b", "text", version=2), stand(2)))
    ledger.publish(published(document("b", "text", version=1), stand(3)))
    assert told(ledger) == ({"not_json": 1}, {"version_went_back": 1})
    ledger.begin(replace(LOG, topic_id="topic-2"))
    assert told(ledger) == ({}, {})
    assert ledger.log() == replace(LOG, topic_id="topic-2")


@pytest.mark.parametrize(
    ("second", "note"),
    [
        (document("a", "one", version=1), {"version_went_back": 1}),
        (document("a", "two", version=2), {"version_reused": 1}),
        (document("a", "one", version=2, media_type="text/plain"), {"version_reused": 1}),
        (document("a", "one", version=2, access=AGENTS), {}),
        (document("a", "one", version=2), {}),
        (document("a", "two", version=3), {}),
        (document("b", "two", version=1), {}),
    ],
)
def test_versions_that_contradict_are_noted(ledger: Ledger, second: Document, note: dict[str, int]) -> None:
    ledger.publish(published(document("a", "one", version=2), stand(5)))
    ledger.publish(published(second, stand(6)))
    assert told(ledger) == ({}, note)


def test_a_record_met_again_contradicts_nothing(ledger: Ledger) -> None:
    for offset, version in ((5, 2), (6, 3), (5, 2)):
        ledger.publish(published(document("a", f"text {version}", version=version), stand(offset)))
    assert told(ledger) == ({}, {})


def test_a_good_record_or_a_deletion_ends_a_refusal(ledger: Ledger) -> None:
    ledger.refuse(Refused(KEY, stand(1), "not_json"))
    ledger.refuse(Refused(KEY, stand(2), "too_large"))
    assert told(ledger)[0] == {"too_large": 1}
    ledger.publish(published(document("a", "text"), stand(3)))
    assert told(ledger)[0] == {}
    ledger.refuse(Refused(KEY, stand(4), "not_json"))
    ledger.delete(KEY)
    assert told(ledger)[0] == {}


def test_refusals_without_a_key_are_counted_within_bounds(ledger: Ledger) -> None:
    ledger.refuse(Refused(KEY, stand(0), "not_json"))
    for offset in range(MAX_NAMELESS + 3):
        ledger.refuse(Refused(None, stand(offset), "key_missing"))
    ledger.refuse(Refused(None, stand(1), "key_missing"))
    assert told(ledger)[0] == {"key_missing": MAX_NAMELESS, "not_json": 1}


@pytest.mark.parametrize(("later", "outdone"), [(-1, True), (1, False)])
def test_of_two_partitions_the_later_record_counts(ledger: Ledger, later: float, outdone: bool) -> None:
    ledger.publish(published(document("a", "one"), stand(5, partition=0)))
    assert not ledger.outdone(Deleted(KEY, stand(6, partition=0, later_seconds=-9)))
    assert told(ledger)[1] == {}
    assert ledger.outdone(Deleted(KEY, stand(0, partition=1, later_seconds=later))) is outdone
    assert told(ledger)[1] == {"key_in_two_partitions": 1}


def test_a_ledger_that_is_none_any_more_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with Ledger(tmp_path) as ledger:
        assert ledger.log() is None
        ledger.begin(LOG)
        assert ledger.log() == LOG
