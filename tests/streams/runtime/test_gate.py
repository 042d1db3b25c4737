import asyncio

from streams.runtime.gate import Gate, first_of


async def held(gate: Gate) -> bool:
    """Tell whether a waiter is still waiting after a few turns of the loop."""
    waiting = asyncio.create_task(gate.passed(asyncio.Event()))
    for _ in range(10):
        await asyncio.sleep(0)
    waiting.cancel()
    return waiting.cancelled() or not waiting.done()


async def test_a_gate_is_open_until_closed_and_opens_with_the_last_reason() -> None:
    gate = Gate()
    assert not await held(gate)
    gate.close("breaker")
    gate.close("policy_stale")
    gate.open("breaker")
    assert gate.reasons == {"policy_stale"}
    assert await held(gate)
    gate.open("policy_stale")
    assert not await held(gate)


async def test_opening_for_an_unknown_reason_changes_nothing() -> None:
    gate = Gate()
    gate.close("breaker")
    gate.open("other")
    assert await held(gate)


async def test_an_open_gate_is_passed() -> None:
    assert await Gate().passed(asyncio.Event())


async def test_a_draining_stage_does_not_pass_even_an_open_gate() -> None:
    draining = asyncio.Event()
    draining.set()
    assert not await Gate().passed(draining)


async def test_a_gate_closed_again_before_the_waiter_runs_still_holds() -> None:
    gate, draining = Gate(), asyncio.Event()
    gate.close("breaker")
    waiting = asyncio.create_task(gate.passed(draining))
    await asyncio.sleep(0)
    gate.open("breaker")
    gate.close("breaker")
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    draining.set()
    assert not await waiting


async def test_first_of_leaves_no_task_behind() -> None:
    first, second = asyncio.Event(), asyncio.Event()
    first.set()
    await first_of(first, second)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1
