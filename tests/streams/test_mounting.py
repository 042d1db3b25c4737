"""Typed stages on the byte runtime: bytes in, bytes out, nothing said of what they held (invariants 2, 3, 4)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

import processors.tasks.shop_support as shop
from processors.admit import Admit
from processors.enforce import Enforce
from processors.policy import load_engine
from processors.settle import Settle
from processors.signing import Ed25519Signer, verify
from processors.validate import Validate
from schemas import metering
from schemas.codec import encode
from schemas.endings import ActionPublished, DeadLettered, Rejected, State, StatusChanged
from schemas.envelope import Message
from schemas.errors import Fatal, Retryable, Unprocessable
from schemas.ports import FixedClock
from schemas.requests import Admitted, Grounded
from schemas.verdicts import Judged, ReviewOpened, Ruling
from schemas.wire import Inbound, Outbound
from streams.mounting import MountedSettle, PartitionedState, mount, ordering_key
from streams.runtime.contracts import AgentSpec, Failure
from streams.runtime.dispatcher import Delivery, Dispatcher
from streams.topology import Stage, stage
from tests.events import (
    MOMENT,
    REGISTRY,
    TASK,
    VAULT,
    admitted,
    context,
    decision,
    grounded,
    inbound,
    judged,
    proposed,
    redacted,
    reserved,
    settled,
    validated,
)

CLOCK = FixedClock(MOMENT)
CANARY = "Q7zXcanaryW9k"
POLICY = load_engine(Path(shop.__path__[0]) / "policy.cedar", ("orders.read",))
SIGNER = Ed25519Signer(bytes(32))
SETTLE = MountedSettle(stage("settle"), Settle({TASK.name: TASK}, REGISTRY, POLICY, VAULT, SIGNER), CLOCK)


@dataclass
class Grounding:
    """A tiny stage: grounds a request, or does what it is told."""

    outcome: Grounded | Rejected | Exception | None = None

    async def __call__(self, event: Admitted) -> Grounded | Rejected | None:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def grounding(outcome: Grounded | Rejected | Exception | None) -> AgentSpec:
    return mount(Stage("ground", Grounding), Grounding(outcome), CLOCK)


def admission(partition: int = 0) -> AgentSpec:
    spec = mount(stage("admit"), Admit(REGISTRY, CLOCK), CLOCK)
    installed(spec, partition)
    return spec


def installed(spec: AgentSpec, partition: int, *events: Message) -> None:
    assert spec.fold is not None
    spec.fold.install(partition, spec.fold.build([inbound(event) for event in events]))


def shape(outputs: Sequence[Outbound]) -> list[tuple[str, bytes | None, int | None]]:
    return [(each.topic, each.key, each.partition) for each in outputs]


def ids(outputs: Sequence[Outbound]) -> list[bytes]:
    return [dict(each.headers)["ce_id"] for each in outputs]


def test_a_mounted_stage_is_what_the_topology_says() -> None:
    spec = admission()
    assert (spec.name, spec.fenced, spec.in_flight) == ("admit", True, 64)
    assert spec.topics == ("requests.redacted", "settlements")
    assert spec.fold is not None
    assert spec.fold.topics == ("reservations", "settlements", "dead-letters")
    assert grounding(None).fold is None
    assert not grounding(None).fenced


async def test_outputs_go_where_their_events_belong() -> None:
    outputs = await admission(3).handle(inbound(redacted(), partition=3))
    assert shape(outputs) == [
        ("requests.admitted", b"acme-shop/conv-1", None),
        ("reservations", b"acme-shop", 3),
    ]
    for output in outputs:
        names = [name for name, _ in output.headers]
        assert len(set(names)) == len(names)
        assert {"ce_id", "ce_source", "ce_type", "ce_specversion", "traceparent"} <= set(names)


async def test_a_redelivery_repeats_every_id() -> None:
    first = await admission().handle(inbound(redacted()))
    again = await admission().handle(inbound(redacted()))
    assert ids(first) == ids(again)
    assert len(set(ids(first))) == 2


async def test_what_was_done_is_timed_on_the_event() -> None:
    (output,) = await grounding(grounded()).handle(inbound(admitted()))
    event = Grounded.model_validate_json(output.value or b"")
    assert (event.work.stage, event.work.started_at) == ("ground", MOMENT)
    assert event.work.wall_us > 0


async def test_processor_time_in_other_threads_counts_as_the_stage_s() -> None:
    async def search(_: Admitted) -> Grounded:
        metering.book(2.5)
        return grounded()

    (output,) = await mount(Stage("ground", Grounding), search, CLOCK).handle(inbound(admitted()))
    assert Grounded.model_validate_json(output.value or b"").work.cpu_us >= 2_500_000


async def test_nothing_comes_of_what_a_stage_keeps() -> None:
    assert await admission().handle(inbound(settled())) == []
    assert await grounding(None).handle(inbound(admitted())) == []


async def test_a_rejection_is_a_dead_letter_and_a_status() -> None:
    rejected = Rejected(reason="budget_exhausted", detail="tenant's day", retryable=True)
    dead, told = await grounding(rejected).handle(inbound(admitted(), partition=2))
    letter = DeadLettered.model_validate_json(dead.value or b"")
    status = StatusChanged.model_validate_json(told.value or b"")
    assert shape((dead, told)) == [("dead-letters", b"acme-shop", None), ("statuses", b"web-chat", None)]
    assert (letter.stage, letter.reason, letter.retryable) == ("ground", "budget_exhausted", True)
    assert (letter.context, letter.source.partition, letter.work.stage) == (context(), 2, "ground")
    assert (status.state, status.reason) == (State.REJECTED, "budget_exhausted")


async def test_state_belongs_to_a_partition() -> None:
    spec = admission(1)
    installed(spec, 2, reserved())
    assert shape(await spec.handle(inbound(redacted(), partition=1)))[0][0] == "requests.admitted"
    assert shape(await spec.handle(inbound(redacted(), partition=2)))[0][0] == "audit"


async def test_no_event_is_handled_without_its_state() -> None:
    spec = admission(0)
    assert spec.fold is not None
    spec.fold.drop(0)
    with pytest.raises(Fatal, match="state_missing"):
        await spec.handle(inbound(redacted()))


@pytest.mark.parametrize("value", [None, b"", CANARY.encode(), b'{"content": "x"}'])
async def test_an_unreadable_event_is_refused(value: bytes | None) -> None:
    with pytest.raises(Unprocessable) as refused:
        await grounding(None).handle(replace(inbound(admitted()), value=value))
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize("value", [None, CANARY.encode()])
def test_a_fold_that_cannot_be_read_ends_the_worker(value: bytes | None) -> None:
    state = PartitionedState(Admit(REGISTRY, CLOCK), {"reservations": type(reserved())})
    with pytest.raises(Fatal, match="fold_undecodable") as failed:
        state.build([replace(inbound(reserved()), value=value)])
    assert CANARY not in str(failed.value)


async def test_a_verdict_is_given_again_after_a_restart() -> None:
    enforce = Enforce(POLICY, VAULT)
    spec = mount(stage("enforce"), enforce, CLOCK)
    installed(spec, 0)
    (first,) = await spec.handle(inbound(validated()))
    assert shape([first]) == [("verdicts", b"acme-shop", 0)]
    installed(spec, 0, Judged.model_validate_json(first.value or b""))
    (again,) = await spec.handle(inbound(validated()))
    assert ids([again]) == ids([first])


async def test_validate_runs_on_the_byte_runtime() -> None:
    spec = mount(stage("validate"), Validate({TASK.name: TASK}, CLOCK), CLOCK)
    assert [each.topic for each in await spec.handle(inbound(proposed()))] == ["proposals.valid"]
    assert [each.topic for each in await spec.handle(inbound(proposed("not json")))] == ["escalations"]


def test_a_record_without_a_key_has_no_order() -> None:
    keyless = [replace(inbound(redacted(), offset=offset), key=None) for offset in (1, 2)]
    assert len({ordering_key(each) for each in keyless}) == 2
    assert ordering_key(inbound(redacted())) == b"key"


@dataclass
class Outputs:
    """A writer in memory."""

    written: list[Outbound] = field(default_factory=list)

    async def write(self, partition: int, outputs: Sequence[Outbound]) -> None:
        self.written += outputs


async def dispatched(spec: AgentSpec, of: Inbound) -> list[Outbound]:
    outputs = Outputs()

    async def crash(error: Fatal) -> None:
        raise error

    dispatcher = Dispatcher(replace(spec, attempts=1), outputs, crash)
    await dispatcher.take(Delivery(of, lambda: None, lambda: None))
    await dispatcher.finished()
    return outputs.written


async def test_an_internal_error_says_nothing_of_the_event(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        dead, told = await dispatched(grounding(ValueError(CANARY)), inbound(admitted()))
    letter = DeadLettered.model_validate_json(dead.value or b"")
    assert (letter.reason, letter.detail, letter.error_class) == ("internal_error", "", "ValueError")
    assert CANARY not in repr((dead, told))
    assert "ValueError" in caplog.text
    assert CANARY not in caplog.text


async def test_a_dependency_that_is_away_delays_the_event() -> None:
    (copy,) = await dispatched(grounding(Retryable("model_away", CANARY)), inbound(admitted()))
    assert copy.topic == "delay.2"
    assert CANARY not in repr(copy)


def settled_by(event: Message, docket: object = None, *, partition: int = 2) -> Sequence[Outbound]:
    state = SETTLE.build(()) if docket is None else docket
    return SETTLE.process(state, inbound(event, partition=partition))  # type: ignore[arg-type]


def test_settle_reads_and_folds_what_the_topology_says() -> None:
    assert SETTLE.topics == ("verdicts", "decisions")
    assert SETTLE.fold_topics == ("actions", "reviews", "dead-letters")


@pytest.mark.parametrize(
    ("ruling", "topic"),
    [(Ruling.ALLOW, "actions"), (Ruling.REVIEW, "reviews"), (Ruling.DENY, "dead-letters")],
)
def test_endings_stay_in_the_partition_they_are_read_back_from(ruling: Ruling, topic: str) -> None:
    outputs = settled_by(judged(ruling=ruling))
    assert shape(outputs) == [(topic, b"acme-shop", 2), ("statuses", b"web-chat", None)]
    assert ids(settled_by(judged(ruling=ruling))) == ids(outputs)


def test_the_published_bytes_verify_with_their_times() -> None:
    action = ActionPublished.model_validate_json(settled_by(judged())[0].value or b"")
    assert action.work.stage == "settle"
    assert verify(action, SIGNER.public_key)


def test_an_approved_actions_bytes_verify_too() -> None:
    docket = SETTLE.build(())
    review = ReviewOpened.model_validate_json(
        settled_by(judged(ruling=Ruling.REVIEW), docket)[0].value or b""
    )
    outputs = settled_by(decision(review), docket)
    assert verify(ActionPublished.model_validate_json(outputs[0].value or b""), SIGNER.public_key)


@pytest.mark.parametrize("ruling", Ruling)
def test_settle_knows_after_a_restart_what_it_wrote(ruling: Ruling) -> None:
    docket = SETTLE.build(())
    outputs = settled_by(judged(ruling=ruling), docket)
    folded = [Inbound(each.topic, 2, 0, each.key, each.value, (), MOMENT) for each in outputs[:1]]
    rebuilt = SETTLE.build(folded)
    assert (rebuilt.ended, rebuilt.published) == (docket.ended, docket.published)
    assert rebuilt.waiting.keys() == docket.waiting.keys()
    assert shape(settled_by(judged(), rebuilt)) == [("audit", b"acme-shop", None)]


def test_time_expires_a_review_once_with_ids_of_its_own() -> None:
    docket, late = SETTLE.build(()), MOMENT + timedelta(days=1)
    settled_by(judged(ruling=Ruling.REVIEW), docket)
    settled_by(judged(ruling=Ruling.REVIEW, of=context(2)), docket)
    assert SETTLE.tick(docket, MOMENT) == []
    outputs = SETTLE.tick(docket, late)
    assert [each.topic for each in outputs] == ["dead-letters", "statuses"] * 2
    assert len(set(ids(outputs))) == 4
    assert SETTLE.tick(docket, late) == []


def test_a_stray_decision_is_a_pointer() -> None:
    review = ReviewOpened.model_validate(
        {
            **dict(judged(ruling=Ruling.REVIEW)),
            "review_id": UUID(int=9),
            "opened_at": MOMENT,
            "expires_at": MOMENT,
        }
    )
    (record,) = settled_by(decision(review))
    letter = DeadLettered.model_validate_json(record.value or b"")
    assert (letter.context, letter.body, letter.reason) == (None, None, "decision_on_unknown_review")
    assert shape([record]) == [("dead-letters", b"unknown", 2)]


@pytest.mark.parametrize("topic", ["verdicts", "decisions"])
def test_settle_refuses_and_buries_what_it_cannot_read(topic: str) -> None:
    of = Inbound(topic, 2, 5, CANARY.encode(), CANARY.encode(), (("ce_id", CANARY.encode()),), MOMENT)
    with pytest.raises(Unprocessable):
        SETTLE.process(SETTLE.build(()), of)
    failure = Failure("schema_mismatch", "", "Unprocessable", retryable=False, attempts=1)
    (record,) = SETTLE.bury(SETTLE.build(()), of, failure)
    assert CANARY not in repr(record)


def test_settle_delays_a_verdict_while_a_key_is_missing() -> None:
    failure = Failure("vault_key_missing", "", "Retryable", retryable=True, attempts=3)
    (copy,) = SETTLE.bury(SETTLE.build(()), inbound(judged()), failure)
    assert (copy.topic, copy.value) == ("delay.2", encode(judged()))


def test_a_verdict_that_settle_buried_is_closed_after_a_restart() -> None:
    failure = Failure("payload_changed", "", "Unprocessable", retryable=False, attempts=1)
    letter, _ = SETTLE.bury(SETTLE.build(()), inbound(judged()), failure)
    folded = Inbound(letter.topic, 2, 0, letter.key, letter.value, (), MOMENT)
    assert shape(settled_by(judged(), SETTLE.build([folded]))) == [("audit", b"acme-shop", None)]


def test_a_verdict_that_settle_buried_is_not_judged_again_without_a_restart() -> None:
    failure = Failure("payload_changed", "", "Unprocessable", retryable=False, attempts=1)
    docket = SETTLE.build(())
    SETTLE.bury(docket, inbound(judged()), failure)
    assert shape(settled_by(judged(), docket)) == [("audit", b"acme-shop", None)]


def test_burying_what_has_ended_ends_it_no_second_time() -> None:
    failure = Failure("payload_changed", "", "Unprocessable", retryable=False, attempts=1)
    docket = SETTLE.build(())
    settled_by(judged(), docket)
    assert shape(SETTLE.bury(docket, inbound(judged()), failure)) == [("audit", b"acme-shop", None)]


def test_an_ending_too_large_to_send_leaves_no_trace_in_the_state() -> None:
    docket = SETTLE.build(())
    event = judged(ruling=Ruling.REVIEW)
    huge = event.model_copy(update={"content": event.content.model_copy(update={"text": "x" * 1_100_000})})
    with pytest.raises(Unprocessable):
        SETTLE.process(docket, inbound(huge))
    assert docket == SETTLE.build(())
