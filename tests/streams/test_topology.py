"""The pipeline's shape is read from annotations and checked before anything runs (invariant 8)."""

from collections.abc import Iterable
from typing import get_type_hints

import pytest

from processors.redact import Redact
from schemas.endings import Audited, DeadLettered, Rejected, Reserved, Settled
from schemas.errors import Fatal
from schemas.requests import Admitted, Grounded, Redacted, Request
from schemas.topics import DELAYS, TRAITS, Topic
from schemas.wire import Inbound
from streams import topology
from streams.topology import BACKWARD, STAGES, Stage, edges, recorded, stage, verify


class Redacting:
    async def __call__(self, event: Inbound) -> Redacted:
        raise NotImplementedError


class Admitting:
    async def __call__(self, event: Redacted, ledger: object) -> tuple[Admitted, Reserved] | Rejected:
        raise NotImplementedError


class Auditing:
    async def __call__(self, event: Admitted) -> Iterable[Audited] | None:
        raise NotImplementedError


class Grounding:
    async def __call__(self, event: Admitted) -> Grounded:
        raise NotImplementedError


class ReadmittingForever:
    async def __call__(self, event: Admitted) -> Redacted:
        raise NotImplementedError


class ReadingGrounded:
    async def __call__(self, event: Grounded) -> Audited:
        raise NotImplementedError


class Burying:
    """Reads the dead letters that every stage may write."""

    async def __call__(self, event: DeadLettered) -> Settled | None:
        raise NotImplementedError


class Booking:
    async def __call__(self, event: Settled) -> None: ...


ENDS = (Stage("account", Burying), Stage("book", Booking))
SOUND = (Stage("redact", Redacting), Stage("admit", Admitting), Stage("audit", Auditing), *ENDS)


def test_the_pipeline_is_sound() -> None:
    verify()


def test_the_tiny_pipeline_is_sound() -> None:
    verify(SOUND)


@pytest.mark.parametrize(
    ("stages", "complaint"),
    [
        ((*SOUND, Stage("ground", Grounding)), "nobody reads requests.grounded"),
        ((*SOUND, Stage("late", ReadingGrounded)), "nobody writes requests.grounded"),
        ((*SOUND, Stage("admit2", Admitting)), "requests.admitted is written by admit, admit2"),
        ((SOUND[1], SOUND[2], *ENDS), "nobody writes requests.redacted"),
        (SOUND[:-1], "nobody reads settlements"),
        (SOUND[:-2], "nobody reads dead-letters"),
    ],
    ids=["unread", "unwritten", "two writers", "no source", "unread ending", "unread dead letters"],
)
def test_a_broken_pipeline_is_refused(stages: tuple[Stage, ...], complaint: str) -> None:
    with pytest.raises(Fatal) as refused:
        verify(stages)
    assert (refused.value.reason, refused.value.detail) == ("topology", complaint)


def test_an_undeclared_loop_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = topology.SHARED | {Topic.REDACTED}
    monkeypatch.setattr(topology, "SHARED", shared)
    with pytest.raises(Fatal, match="undeclared loop through") as refused:
        verify((*SOUND, Stage("again", ReadmittingForever)))
    assert {"admit", "again"} <= set(
        refused.value.detail.removeprefix("undeclared loop through ").split(", ")
    )


@pytest.mark.parametrize("hop", BACKWARD)
def test_each_declared_loop_is_one(hop: tuple[str, Topic], monkeypatch: pytest.MonkeyPatch) -> None:
    others = {each: cap for each, cap in BACKWARD.items() if each != hop}
    monkeypatch.setattr(topology, "BACKWARD", others)
    with pytest.raises(Fatal, match="undeclared loop"):
        verify()


def test_a_stage_is_what_its_annotations_say() -> None:
    admit = Stage("admit", Admitting)
    assert admit.consumes == (Redacted,)
    assert [cls.topic for cls in admit.emits] == [
        "requests.admitted",
        "reservations",
        "dead-letters",
        "statuses",
    ]
    assert Stage("audit", Auditing).emits[0] is Audited


def test_the_first_stage_reads_requests_raw() -> None:
    assert get_type_hints(Redact.__call__)["event"] is Inbound
    assert stage("redact").consumes == (Request,)


def test_only_redact_reads_requests() -> None:
    assert [each.name for each in STAGES if Request in each.consumes] == ["redact"]


@pytest.mark.parametrize("topic", [Topic.ACTIONS, Topic.REVIEWS])
def test_settle_alone_writes_what_leaves(topic: Topic) -> None:
    assert [each.name for each in STAGES if topic in {cls.topic for cls in each.emits}] == ["settle"]


def test_a_stage_folds_only_what_it_or_its_declared_loop_writes() -> None:
    for each in STAGES:
        known = {cls.topic for cls in (*each.emits, *each.consumes)}
        assert {cls.topic for cls in each.folds} <= known


def test_the_record_is_kept_of_everything_but_requests() -> None:
    found = recorded()
    assert Topic.REQUESTS not in found
    assert found.keys() == {
        cls.topic for each in STAGES for cls in (*each.emits, *each.consumes) if cls is not Request
    }
    assert all(cls.topic == topic for topic, cls in found.items())
    assert Topic.DECISIONS in found


def test_every_hop_of_the_line() -> None:
    hops = {(writer, str(topic), reader) for writer, topic, reader in edges()}
    forward = {hop for hop in hops if hop[1] != "dead-letters"}
    assert forward == {
        ("redact", "requests.redacted", "admit"),
        ("admit", "requests.admitted", "ground"),
        ("ground", "requests.grounded", "classify"),
        ("classify", "proposals", "validate"),
        ("classify", "escalations", "escalate"),
        ("escalate", "proposals", "validate"),
        ("validate", "proposals.valid", "enforce"),
        ("validate", "escalations", "escalate"),
        ("validate", "lookups", "ground"),
        ("enforce", "verdicts", "settle"),
        ("settle", "actions", "account"),
        ("settle", "reviews", "account"),
        ("account", "settlements", "admit"),
    }
    assert hops - forward == {(each.name, "dead-letters", "account") for each in STAGES}


def test_an_unknown_stage_is_refused() -> None:
    assert stage("admit").name == "admit"
    with pytest.raises(Fatal, match="unknown_stage"):
        stage("admits")


def test_delay_topics_are_no_stage_topics() -> None:
    assert DELAYS.keys().isdisjoint(TRAITS.keys())
