"""What a commit may pass, decided without a broker: the corrected consumer beside the stock one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka import codec
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from schemas.errors import Fatal
from streams.runtime import faust_corrections

HERE = TP("in", 0)


def app(directory: Path) -> Any:
    made = faust.App("corrections", broker="kafka://127.0.0.1:1", datadir=directory, autodiscover=False)
    made.topics._acking_topics.add(HERE.topic)
    return made


@pytest.fixture
async def corrected(tmp_path: Path) -> AsyncIterator[Any]:
    made = app(tmp_path)
    faust_corrections.apply(made, hold=True)
    yield made.consumer
    made.consumer._thread.thread_loop.close()


@pytest.fixture
async def stock(tmp_path: Path) -> AsyncIterator[Any]:
    consumer = app(tmp_path).consumer
    assert type(consumer) is driver.Consumer
    yield consumer
    consumer._thread.thread_loop.close()


def take(consumer: Any, *offsets: int) -> dict[int, Any]:
    """Take messages up, as a stream does, without acknowledging them."""
    taken = {offset: _message(offset) for offset in offsets}
    for message in taken.values():
        message.incref()
        consumer._to_message(HERE, message)
        consumer._unacked_messages.add(message)
    return taken


def _message(offset: int) -> Any:
    return ConsumerMessage(*HERE, offset, 0.0, 0, (), None, b"", None, 0, 0, HERE)


def committable(consumer: Any) -> int | None:
    offset: int | None = consumer._filter_committable_offsets(list(consumer._acked)).get(HERE)
    return offset


@pytest.mark.parametrize("committed", [None, 10])
async def test_stock_faust_commits_past_a_message_in_flight(stock: Any, committed: int | None) -> None:
    """The fault itself: when this fails, upstream has corrected issue 606 and the correction can be looked at anew."""
    stock._committed_offset[HERE] = committed
    taken = take(stock, 10, 11)
    taken[11].ack(stock)
    assert committable(stock) == 12


@pytest.mark.parametrize("committed", [None, 10])
async def test_a_commit_stays_below_a_message_in_flight(corrected: Any, committed: int | None) -> None:
    corrected._committed_offset[HERE] = committed
    taken = take(corrected, 10, 11, 12)
    taken[11].ack(corrected)
    assert committable(corrected) == (10 if committed is None else None)
    taken[10].ack(corrected)
    assert committable(corrected) == 12
    taken[12].ack(corrected)
    assert committable(corrected) == 13


async def test_a_commit_stays_below_a_message_in_flight_behind_a_marker(corrected: Any) -> None:
    corrected._committed_offset[HERE] = 10
    taken = take(corrected, 12, 14)  # 10, 11 and 13 are transaction markers
    taken[14].ack(corrected)
    assert committable(corrected) == 12
    taken[12].ack(corrected)
    assert committable(corrected) == 15


async def test_a_message_let_go_of_without_acknowledgement_still_guards_the_commit(corrected: Any) -> None:
    taken = take(corrected, 10, 11)
    taken[11].ack(corrected)
    del taken[10]
    assert committable(corrected) == 10


async def test_no_commit_passes_a_message_given_back(corrected: Any) -> None:
    taken = take(corrected, 10, 11, 12)
    corrected.give_back(taken[11])
    taken[10].ack(corrected)
    taken[12].ack(corrected)
    assert committable(corrected) == 11
    assert corrected._unacked_messages == set()


async def test_what_is_acknowledged_while_draining_is_still_known(
    corrected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int | None] = []

    async def draining(revoked: set[TP]) -> None:
        found.append(committable(corrected))

    monkeypatch.setattr(corrected, "_on_partitions_revoked", draining)
    take(corrected, 10)[10].ack(corrected)
    await corrected.on_partitions_revoked({HERE})
    assert found == [11]


@pytest.fixture
async def assigned(corrected: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    async def nothing(tps: set[TP], generation: int) -> None:
        """The app's part, which needs a running app."""

    monkeypatch.setattr(corrected, "_on_partitions_assigned", nothing)
    monkeypatch.setattr(corrected.app, "on_rebalance_return", lambda: None)
    take(corrected, 10)[10].ack(corrected)
    corrected.give_back(take(corrected, 11)[11])
    await corrected.on_partitions_assigned({HERE}, 2)
    return corrected


async def test_an_assignment_starts_from_nothing(assigned: Any) -> None:
    assert (committable(assigned), assigned._unfinished(HERE)) == (None, [])


async def test_held_partitions_stay_paused_until_released(assigned: Any) -> None:
    assigned.resume_partitions({HERE})
    assigned._buffered_partitions.add(HERE)
    assigned.on_buffer_drop(HERE)
    assert assigned._active_partitions == set()
    assigned.release({HERE})
    assert assigned._active_partitions == {HERE}


async def test_trailing_markers_are_committed_once_nothing_else_is_open(corrected: Any) -> None:
    corrected._committed_offset[HERE] = 10
    taken = take(corrected, 10)
    corrected.idle_at = {HERE: 13}
    assert committable(corrected) is None
    taken[10].ack(corrected)
    assert committable(corrected) == 11
    corrected._committed_offset[HERE] = 11
    assert corrected._filter_committable_offsets([]) == {HERE: 13}


async def test_an_idle_position_does_not_pass_a_message_still_queued(corrected: Any) -> None:
    corrected._committed_offset[HERE] = 10
    corrected._to_message(HERE, _message(10))  # delivered to the stream's queue, not yet taken up
    corrected.idle_at = {HERE: 13}
    assert corrected._filter_committable_offsets([]) == {}


async def test_nothing_is_committed_after_a_crash(corrected: Any) -> None:
    """Also not by waiting: whoever would make the commit may have ended."""
    corrected._crashed.set()
    corrected._commit_fut = asyncio.get_running_loop().create_future()
    take(corrected, 10)[10].ack(corrected)
    assert not await asyncio.wait_for(corrected.commit(), 5)


async def test_applying_again_changes_nothing(corrected: Any) -> None:
    before = corrected.app.transport
    faust_corrections.apply(corrected.app)
    assert corrected.app.transport is before


def test_another_release_series_is_refused() -> None:
    with pytest.raises(Fatal, match="faust_unsupported"):
        faust_corrections._require_supported("0.16.0")


def test_whatever_publishers_compress_with_can_be_read() -> None:
    """One unreadable batch stops its partition: gzip is built in, the others are an optional package of aiokafka."""
    assert (codec.has_snappy(), codec.has_lz4(), codec.has_zstd()) == (True, True, True)
