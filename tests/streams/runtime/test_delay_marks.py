"""Marks that no stage writes: whoever wrote them, the record goes to its grave and the loop goes on."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from schemas.wire import Inbound, Outbound
from streams.runtime.contracts import Failure
from streams.runtime.delay_loop import DUE, FORWARD_TO, DelayLoop


def bury(message: Inbound, failure: Failure) -> Sequence[Outbound]:
    return (Outbound("grave", message.key, failure.reason.encode()),)


def forwarded(due: bytes, target: bytes) -> Sequence[Outbound]:
    targets = {"requests.admitted"}
    loop = DelayLoop("127.0.0.1:1", ["delay"], "group", targets=targets, bury=bury)
    record = Inbound("delay", 0, 0, b"k", b"v", ((DUE, due), (FORWARD_TO, target)), datetime.now(UTC))
    return loop._waiting(record).outputs


def in_ms(seconds_from_now: float) -> bytes:
    return str(round((time.time() + seconds_from_now) * 1000)).encode()


def test_a_record_goes_where_its_mark_says() -> None:
    assert forwarded(in_ms(60), b"requests.admitted") == (Outbound("requests.admitted", b"k", b"v"),)


@pytest.mark.parametrize("due", [b"", b"soon", b"9" * 15, b"9" * 400, in_ms(2 * 86_400)])
def test_a_record_that_waits_for_ever_holds_up_nobody(due: bytes) -> None:
    assert forwarded(due, b"requests.admitted") == (Outbound("grave", b"k", b"delay_unmarked"),)


@pytest.mark.parametrize("target", [b"", b"no topic!", b"t\xc3\xb6pic", b"t" * 250])
def test_a_record_for_no_topic_at_all_stops_nothing(target: bytes) -> None:
    assert forwarded(in_ms(0), target) == (Outbound("grave", b"k", b"delay_unmarked"),)


@pytest.mark.parametrize("target", [b"actions", b"requests"])
def test_a_record_goes_on_to_no_topic_that_nothing_is_delayed_for(target: bytes) -> None:
    assert forwarded(in_ms(0), target) == (Outbound("grave", b"k", b"delay_unmarked"),)
