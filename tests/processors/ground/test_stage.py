"""Ground: evidence within the requester's rights, redacted, and no tool beyond what the task allows."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from pydantic import JsonValue

from processors.ground import Ground
from processors.ground.access import grants
from processors.ground.chunking import chunk
from processors.ground.retrieval import HybridRetriever
from processors.ground.sanitising import Sanitiser
from processors.ground.tooling import ToolRunner
from schemas.actions import Action
from schemas.base import Model
from schemas.envelope import Context, Principal, advance
from schemas.errors import Fatal, Retryable
from schemas.knowledge import AccessList, Document, Passage
from schemas.ports import FixedClock, Profile, Span
from schemas.proposals import LookupRequested
from schemas.requests import Admitted, Content, Turn
from schemas.tasks import IdentifierSpec
from schemas.tooling import Arguments, Found, Requester, ToolSpec
from schemas.verdicts import Verdict
from sinks.knowledge.batch import Batch, Place, Upsert
from sinks.knowledge.memory import MemoryPassageIndex
from tests.events import (
    CLASSIFICATION,
    MOMENT,
    ORDER,
    REGISTRY,
    TASK,
    admitted,
    context,
    evidence,
    grounded,
    order_found,
)

SPEC = TASK.model_copy(
    update={
        "identifiers": (IdentifierSpec(name="order_number", pattern="[A-Z]{2}-[0-9]{6}"),),
        "tools": ("get_order", "get_parcel"),
        "max_lookups": 1,
    }
)
NOTE = "Ring at Ada's, ada@mail.example"
RECORD: dict[str, JsonValue] = {
    "owner_id": "cust-1",
    "order_number": ORDER,
    "days": 3,
    "note": NOTE,
    "lines": [{"by": NOTE}, None],
}


class Finds:
    """A detector of e-mail addresses, the name Ada and everything else with two capitals."""

    version = "test"

    def __init__(self, *, fails: bool = False) -> None:
        self.texts: list[str] = []
        self._fails = fails

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        if self._fails:
            raise Retryable("detector_failed")
        self.texts += texts
        return [list(self._spans(text)) for text in texts]

    def _spans(self, text: str) -> list[Span]:
        patterns = {"EMAIL_ADDRESS": r"\S+@\S+", "PERSON": "Ada", "NAME": "Skagen", "NUMBER": r"[A-Z]{2}-\d+"}
        return [
            Span(match.start(), match.end(), entity, 1.0)
            for entity, pattern in patterns.items()
            for match in re.finditer(pattern, text)
        ]


class Grants:
    """A policy that grants these permissions and nothing else."""

    version = "0" * 64

    def __init__(self, *permissions: str) -> None:
        self._permissions = permissions

    def permits(self, tenant: str, task: str, principal: Principal, permission: str) -> bool:
        return permission in self._permissions

    def judge(
        self, context: Context, action: Action, facts: Mapping[str, Any], payload_digest: str
    ) -> Verdict:
        raise NotImplementedError


class Query(Model):
    order_number: str


class Record(Model):
    owner_id: str
    order_number: str
    days: int
    note: str
    lines: list[dict[str, str] | None]


class Reads:
    """A tool that returns a record and remembers how it was asked."""

    def __init__(self, name: str, permission: str, cost_usd: str = "0") -> None:
        self.spec = ToolSpec(
            name=name,
            description="Reads.",
            input=Query,
            output=Record,
            permission=permission,
            source="shop",
            identifiers={"order_number": "order_number"},
            cost_usd=Decimal(cost_usd),
        )
        self.asked: list[tuple[Requester, Arguments]] = []
        self.away = False

    async def read(self, requester: Requester, arguments: Arguments) -> Found | None:
        self.asked.append((requester, arguments))
        if self.away:
            raise Retryable("source_unavailable")
        record = {**RECORD, "order_number": arguments["order_number"]}
        return Found(record, frozenset({"acme-shop"}), frozenset({"cust-1"}))


class Bench:
    """The stage with its doubles."""

    def __init__(
        self, *permissions: str, detector: Finds | None = None, documents: Sequence[Document] = ()
    ) -> None:
        self.order = Reads("get_order", "orders.read", "0.001")
        self.parcel = Reads("get_parcel", "parcels.read")
        self.payroll = Reads("get_payroll", "orders.read")
        self.detector = detector or Finds()
        self.clock = FixedClock(MOMENT)
        tools = {tool.spec.name: tool for tool in (self.order, self.parcel, self.payroll)}
        sanitiser = Sanitiser(self.detector)
        runner = ToolRunner(tools, Grants(*permissions), sanitiser, self.clock)
        retriever = HybridRetriever(_index(documents), REGISTRY, self.clock, weights=(("lexical", 1.0),))
        self.stage = Ground({SPEC.name: SPEC}, REGISTRY, retriever, runner)


def _index(documents: Sequence[Document]) -> MemoryPassageIndex:
    index = MemoryPassageIndex(grants)
    index.apply(Batch([_upsert(document, offset) for offset, document in enumerate(documents)]))
    return index


def _upsert(document: Document, offset: int) -> Upsert:
    passages = [
        Passage(passage_id=piece.passage_id, title=piece.title, text=piece.text, tokens=1, chunker="1")
        for piece in chunk(document)
    ]
    return Upsert(document.head, passages, MOMENT, Place(0, offset))


def _event(text: str = f"Where is {ORDER}?", *, known: bool = True, **changes: Any) -> Admitted:
    identifiers = {"order_number": ORDER} if known else {}
    content = Content(text=text, identifiers=identifiers, redaction_version="1", **changes)
    return admitted(content=content)


def _lookup(tool: str = "get_order", rounds: int = 0, **arguments: str) -> LookupRequested:
    return advance(
        LookupRequested,
        grounded(lookup_rounds=rounds),
        classification=CLASSIFICATION,
        tool=tool,
        arguments=arguments or {"order_number": ORDER},
    )


def _document(text: str, **changes: object) -> Document:
    given = {
        "tenant": "acme-shop",
        "document_id": "d",
        "version": 1,
        "title": "About Skagen by Ada",
        "text": text,
    }
    return Document.model_validate({**given, "access": AccessList(roles=("customer",)), **changes})


async def test_runs_permitted_tools_with_the_requesters_identity() -> None:
    bench = Bench("orders.read")
    found = await bench.stage(_event())
    asked = Requester("acme-shop", Principal(id="cust-1", roles=("customer",)))
    assert bench.order.asked == [(asked, {"order_number": ORDER})]
    assert bench.parcel.asked == bench.payroll.asked == []
    statuses = {result.tool: result.status for result in found.evidence.tool_results}
    assert statuses == {"get_order": "ok", "get_parcel": "not_permitted"}
    assert [note.value for note in found.work.notes] == ["get_order:ok", "get_parcel:not_permitted:by_policy"]


async def test_no_tool_runs_without_an_identifier() -> None:
    bench = Bench("orders.read", "parcels.read")
    found = await bench.stage(_event(known=False))
    assert found.evidence.tool_results == ()
    assert bench.order.asked == []


async def test_tool_records_are_redacted_at_any_depth_but_for_what_is_known() -> None:
    found = await Bench("orders.read").stage(_event())
    clean = "Ring at [PERSON]'s, [EMAIL_ADDRESS]"
    assert found.evidence.tool_results[0].record == {
        "owner_id": "cust-1",
        "order_number": ORDER,
        "days": 3,
        "note": clean,
        "lines": [{"by": clean}, None],
    }


async def test_passages_are_taken_as_they_were_prepared() -> None:
    bench = Bench(documents=[_document("A jacket by Ada.")])
    chunk = (await bench.stage(_event("jacket", known=False))).evidence.chunks[0]
    assert chunk.text == "A jacket by Ada."
    assert bench.detector.texts == []


async def test_fails_closed_when_the_detector_fails() -> None:
    with pytest.raises(Retryable, match="detector_failed"):
        await Bench("orders.read", detector=Finds(fails=True)).stage(_event())


@pytest.mark.parametrize(
    ("text", "turns", "found"),
    [
        ("and the jacket?", ("tell me about the stove",), ["d", "e"]),
        ("and now?", ("tell me about the stove",), ["e"]),
        ("does this jacket fit large people", ("the stove",), ["d"]),
    ],
)
async def test_short_message_is_searched_with_the_one_before(
    text: str, turns: tuple[str, ...], found: list[str]
) -> None:
    documents = [_document("jacket", title="a"), _document("stove", document_id="e", title="b")]
    earlier = tuple(Turn(role="requester", text=said) for said in turns)
    event = _event(text, known=False, turns=earlier)
    chunks = (await Bench(documents=documents).stage(event)).evidence.chunks
    assert sorted(chunk.document_id for chunk in chunks) == found


async def test_lookup_adds_to_the_evidence() -> None:
    bench = Bench("orders.read")
    event = _lookup()
    found = await bench.stage(event)
    assert found.lookup_rounds == 1
    assert found.evidence.chunks == event.evidence.chunks
    assert [r.status for r in found.evidence.tool_results] == ["ok", "ok"]
    assert len(bench.order.asked) == 1


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (_lookup("get_payroll"), "not_available"),
        (_lookup("drop_tables"), "not_available"),
        (_lookup(rounds=1), "lookups_exhausted"),
        (_lookup(order_number="AB-100001 OR 1=1"), "unknown_identifier"),
        (_lookup(owner="cust-2"), "invalid_arguments"),
        (_lookup("get_parcel"), "not_permitted"),
    ],
)
async def test_lookup_beyond_what_is_allowed_runs_nothing(event: LookupRequested, status: str) -> None:
    bench = Bench("orders.read")
    found = await bench.stage(event)
    assert found.evidence.tool_results[-1].status == status
    assert found.evidence.tool_results[-1].record == {}
    assert bench.order.asked == bench.parcel.asked == bench.payroll.asked == []
    assert found.lookup_rounds <= SPEC.max_lookups


async def test_tool_that_is_away_is_retried_by_the_runtime() -> None:
    bench = Bench("orders.read")
    bench.order.away = True
    with pytest.raises(Retryable, match="source_unavailable"):
        await bench.stage(_event())


async def test_a_request_pays_for_its_tools() -> None:
    found = await Bench("orders.read").stage(_event())
    assert found.evidence.tool_results[0].cost_usd == found.usage.cost_usd == Decimal("0.001")


async def test_a_lookup_may_name_what_an_earlier_record_named() -> None:
    bench = Bench("orders.read")
    listed = order_found(orders=[{"order_number": "CD-200002"}])
    event = _lookup(order_number="CD-200002")
    assert (await bench.stage(event)).evidence.tool_results[-1].status == "unknown_identifier"
    assert bench.order.asked == []
    event = event.model_copy(update={"evidence": evidence(listed)})
    assert (await bench.stage(event)).evidence.tool_results[-1].status == "ok"


async def test_a_record_that_was_refused_names_nothing() -> None:
    listed = order_found(orders=[{"order_number": "CD-200002"}]).model_copy(
        update={"status": "not_permitted"}
    )
    event = _lookup(order_number="CD-200002").model_copy(update={"evidence": evidence(listed)})
    result = (await Bench("orders.read").stage(event)).evidence.tool_results[-1]
    assert (result.status, result.record) == ("unknown_identifier", {})


def test_a_task_that_names_no_tool_of_ours_stops_the_worker() -> None:
    stage = Bench().stage
    with pytest.raises(Fatal, match="task_invalid"):
        Ground({"t": TASK.model_copy(update={"tools": ("fly",)})}, *_parts(stage))


def _parts(stage: Ground) -> tuple[Any, ...]:
    return stage.registry, stage.retriever, stage.tools


async def test_uses_travel_with_the_event() -> None:
    found = await Bench(documents=[_document("jacket")]).stage(_event("jacket", known=False, turns=()))
    assert [(use.document_id, use.permitted_by) for use in found.work.chunk_uses] == [("d", "role:customer")]
    assert found.context == context()
