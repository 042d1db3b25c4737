"""Settle under any history: verdicts, decisions right and wrong, expiry, redelivery, replay, crash and restart.

Conservation, containment and effect-once (invariants 1, 2, 4) are checked on everything that was committed.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import processors.tasks.shop_support as shop
from processors.policy import CedarEngine, load_engine
from processors.settle import Ending, Settle
from processors.signing import Ed25519Signer, verify
from schemas.base import derive_id
from schemas.endings import ActionPublished, DeadLettered, State, StatusChanged
from schemas.envelope import Context, Message, Origin
from schemas.verdicts import Decision, Judged, ReviewOpened, Ruling
from tests.events import MOMENT, REGISTRY, TASK, VAULT, context, decision, judged, refund, reply

SIGNER = Ed25519Signer(bytes(32))
POLICY = load_engine(Path(shop.__path__[0]) / "policy.cedar", ("orders.read",))
DESK_ONLY = CedarEngine(
    '@id("desk") permit (principal in Role::"refund-desk", action == Action::"review.decide", resource);'
)
SETTLE = Settle({TASK.name: TASK}, REGISTRY, POLICY, VAULT, SIGNER)
STEPS = st.sampled_from([timedelta(0), timedelta(minutes=10), timedelta(minutes=50)])
WRONG: Sequence[dict[str, object]] = (
    {"payload_digest": "0" * 64},
    {"reviewer_id": "bo"},
    {"reviewer_id": "cleo"},
    {"reviewer_id": "cust-1"},
    {"reviewer_id": "nobody"},
    {"tenant": "nordwind"},
    {"review_id": derive_id("no review")},
)

Generation = tuple[UUID, int]


def _generation(of: Context) -> Generation:
    return of.request_id, of.generation


class SettleMachine(RuleBasedStateMachine):
    """One partition of settle, its committed output, and every input there ever was."""

    @initialize()
    def begin(self) -> None:
        self.settle = SETTLE
        self.docket = SETTLE.build(())
        self.now = MOMENT
        self.generations: Counter[int] = Counter()
        self.inputs: list[tuple[Judged | Decision, Origin]] = []
        self.times: list[timedelta] = []
        self.endings: list[Ending] = []
        self.statuses: list[StatusChanged] = []

    @rule(
        number=st.integers(0, 1),
        ruling=st.sampled_from([*Ruling, Ruling.REVIEW]),
        amount=st.sampled_from(["40.00", "7.50"]),
        replayed=st.booleans(),
    )
    def verdict(self, number: int, ruling: Ruling, amount: str, replayed: bool) -> None:
        self.generations[number] += replayed
        of = context(number, generation=self.generations[number])
        self._read(judged(refund(amount), ruling, of))

    @rule(number=st.integers(0, 1), name=st.sampled_from(["Ada", "Grace"]))
    def verdict_on_a_sealed_value(self, number: int, name: str) -> None:
        of = context(number, generation=self.generations[number])
        placeholder = VAULT.placeholder(of, "PERSON", name)
        vault = VAULT.seal(of, {placeholder: name})
        self._read(judged(reply(f"Dear {placeholder}"), Ruling.REVIEW, of, vault=vault))

    @precondition(lambda self: self.docket.waiting)
    @rule(data=st.data())
    def approve(self, data: st.DataObject) -> None:
        review = data.draw(st.sampled_from(list(self.docket.waiting.values())))
        before = len(self.endings)
        self._read(decision(review))
        if self.settle.policy is DESK_ONLY:
            assert not any(isinstance(each, ActionPublished) for each in self.endings[before:])

    @precondition(lambda self: any(isinstance(each, ReviewOpened) for each in self.endings))
    @rule(data=st.data(), verb=st.sampled_from(["approve", "refuse"]), wrong=st.sampled_from([{}, *WRONG]))
    def decide(self, data: st.DataObject, verb: str, wrong: dict[str, object]) -> None:
        review = data.draw(st.sampled_from([each for each in self.endings if isinstance(each, ReviewOpened)]))
        self._read(decision(review, **{"decision": verb, **wrong}))

    @precondition(lambda self: self.inputs)
    @rule(data=st.data())
    def redeliver(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.inputs) - 1))
        self._commit(self._process(place))

    @precondition(lambda self: self.inputs)
    @rule(data=st.data())
    def crash_before_commit(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.inputs) - 1))
        self._process(place)
        self.restart(data.draw(st.randoms(use_true_random=False)))
        self._commit(self._process(place))

    @rule(step=STEPS)
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @rule()
    def expire(self) -> None:
        found = list(self.settle.expire(self.docket, self.now))
        for ending in found:
            if isinstance(ending, DeadLettered):
                assert self._review(ending.review_id).expires_at < self.now
        self._commit(found)
        assert all(review.expires_at >= self.now for review in self.docket.waiting.values())

    @rule(strict=st.booleans())
    def policy_changes(self, strict: bool) -> None:
        self.settle = replace(SETTLE, policy=DESK_ONLY if strict else POLICY)

    @rule(order=st.randoms(use_true_random=False))
    def restart(self, order: random.Random) -> None:
        """Fold what was committed; topics interleave in any order."""
        folded = list(self.endings)
        order.shuffle(folded)
        self.docket = self.settle.build(folded)

    def _read(self, event: Judged | Decision) -> None:
        self.inputs.append((event, Origin(topic=event.topic, partition=0, offset=len(self.inputs))))
        self.times.append(self.now - MOMENT)
        self._commit(self._process(len(self.inputs) - 1))

    def _process(self, place: int) -> list[Ending | Message]:
        event, origin = self.inputs[place]
        return list(self.settle(event, self.docket, origin, MOMENT + self.times[place]))

    def _commit(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.docket.add(message)
        self.endings += [
            each for each in messages if isinstance(each, ActionPublished | ReviewOpened | DeadLettered)
        ]
        self.statuses += [each for each in messages if isinstance(each, StatusChanged)]

    def _review(self, review_id: UUID | None) -> ReviewOpened:
        (review,) = [
            each for each in self.endings if isinstance(each, ReviewOpened) and each.review_id == review_id
        ]
        return review

    @invariant()
    def no_action_is_published_twice(self) -> None:
        ids = Counter(each.id for each in self.endings if isinstance(each, ActionPublished))
        assert set(ids.values()) <= {1}

    @invariant()
    def every_action_is_the_one_judged(self) -> None:
        for action in self.endings:
            if isinstance(action, ActionPublished):
                assert verify(action, SIGNER.public_key)
                assert action.twin in [each.action for each in self._verdicts_behind(action)]

    def _verdicts_behind(self, action: ActionPublished) -> list[Judged]:
        """Return what permits an action: a verdict `allow`, or a review that anna approved in time."""
        ruling = Ruling.ALLOW
        if action.approval is not None:
            review, ruling = self._review(action.approval.review_id), Ruling.REVIEW
            assert (review.context, review.action) == (action.context, action.twin)
            assert action.approval.reviewer_id == "anna"
            assert action.approval.payload_digest == review.verdict.payload_digest
            assert action.approval.decided_at <= review.expires_at
        return [
            event
            for event, _ in self.inputs
            if isinstance(event, Judged)
            and event.context == action.context
            and event.verdict.ruling is ruling
            and event.verdict.payload_digest == action.payload_digest
        ]

    @invariant()
    def every_generation_judged_has_one_ending(self) -> None:
        ended = Counter(_generation(each.context) for each in self.endings if _opens(each) and each.context)
        closed = Counter(_closed(each) for each in self.endings if _closed(each))
        reviews = {each.review_id for each in self.endings if isinstance(each, ReviewOpened)}
        assert ended == Counter(
            {_generation(event.context) for event, _ in self.inputs if isinstance(event, Judged)}
        )
        assert set(closed.values()) <= {1}
        assert closed.keys() <= reviews
        assert self.docket.waiting.keys() == reviews - closed.keys()

    @invariant()
    def every_ending_is_reported_once(self) -> None:
        told = Counter((each.request_id, each.generation, each.state) for each in self.statuses)
        assert told == Counter(
            (*_generation(each.context), _state(each)) for each in self.endings if each.context
        )

    @invariant()
    def a_restart_would_know_the_same(self) -> None:
        assert self.settle.build(self.endings) == self.docket


def _closed(ending: Ending) -> UUID | None:
    if isinstance(ending, ActionPublished):
        return ending.approval.review_id if ending.approval else None
    return ending.review_id if isinstance(ending, DeadLettered) else None


def _opens(ending: Ending) -> bool:
    return _closed(ending) is None


def _state(ending: Ending) -> State:
    if isinstance(ending, DeadLettered):
        return State.REJECTED
    return State.ACTED if isinstance(ending, ActionPublished) else State.IN_REVIEW


TestSettleMachine = SettleMachine.TestCase
TestSettleMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
