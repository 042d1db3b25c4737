"""The way of a lookup, through the stages themselves: validate, ground, classify, escalate, validate; always to an end."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from processors.classify.stage import Classify
from processors.escalate import Escalate
from processors.ground import Ground
from processors.ground.access import grants
from processors.ground.retrieval import HybridRetriever
from processors.ground.sanitising import Sanitiser
from processors.ground.tooling import ToolRunner
from processors.tasks.shop_support import FOLDER
from processors.tasks.task import load_task
from processors.validate import Validate
from schemas.actions import HandToHuman, RecordSource, SendReply
from schemas.ports import FixedClock, Prompt
from schemas.proposals import Escalated, LookupRequested, Proposed, Validated
from schemas.requests import Content, Grounded
from sinks.knowledge.memory import MemoryPassageIndex
from sinks.models.prices import ConfiguredPrice
from sinks.models.scripted import Reply, Scripted
from tests.events import MOMENT, ORDER, REGISTRY, TASK, grounded
from tests.processors.classify.test_stage import Says
from tests.processors.ground.test_stage import Finds, Grants, Reads

PRICE = ConfiguredPrice(input=Decimal("0.1"), output=Decimal("0.4"), dated="2026-11")
SHOP = load_task(FOLDER)
SPEC = TASK.model_copy(
    update={
        "intents": SHOP.spec.intents,
        "identifiers": SHOP.spec.identifiers,
        "tools": ("get_order",),
        "max_lookups": 2,
    }
)
TASKS = {SPEC.name: SPEC}
MOST_HOPS = 60
PLENTY = 100_000
QUESTION = f"Is the lamp of {ORDER} there? Or of AB-100002, AB-100003?"


class Line:
    """The four stages that a lookup passes, and how often each worked."""

    def __init__(self, replies: Callable[[Prompt], Reply]) -> None:
        clock = FixedClock(MOMENT)
        self.tool = Reads("get_order", "orders.read")
        sanitiser = Sanitiser(Finds())
        runner = ToolRunner({"get_order": self.tool}, Grants("orders.read"), sanitiser, clock)
        specs = (self.tool.spec,)
        self.model = Scripted(replies, PRICE, clock)
        self.ground = Ground(
            TASKS, REGISTRY, HybridRetriever(MemoryPassageIndex(grants), REGISTRY, clock), runner
        )
        self.classify = Classify(TASKS, Says("product_question"), SHOP.templates)
        self.escalate = Escalate(TASKS, self.model, clock, drafts_only=False, tools=specs)
        self.validate = Validate(TASKS, clock, specs)
        self.rounds: list[int] = []

    async def run(self, event: Grounded) -> Validated:
        """Return what an event ends as."""
        for _ in range(MOST_HOPS):
            result = await self._next(event)
            if isinstance(result, Validated):
                return result
            event = result
        pytest.fail("it goes round for ever")

    async def _next(self, event: Grounded) -> Grounded:
        match event:
            case Proposed():
                return await self.validate(event)
            case Escalated():
                return await self.escalate(event)
            case LookupRequested():
                self.rounds.append(event.lookup_rounds)
                return await self.ground(event)
        return await self.classify(event)


def asked() -> Grounded:
    event = grounded(content=Content(text=QUESTION, redaction_version="1"), evidence={})
    return event.model_copy(update={"hold": event.hold.model_copy(update={"tokens": PLENTY})})


def lookup(order_number: str) -> str:
    return json.dumps(
        {
            "text": None,
            "citations": [],
            "lookup": {"tool": "get_order", "arguments": {"order_number": order_number}},
        }
    )


def answer(text: str) -> str:
    return json.dumps({"text": text, "citations": [], "lookup": None})


async def test_a_record_asked_for_comes_back_to_the_model_and_carries_the_answer() -> None:
    replies = iter([lookup(ORDER), answer(f"Order {ORDER} came 3 days ago.")])
    line = Line(lambda _: next(replies))
    result = await line.run(asked())
    assert isinstance(result.action, SendReply)
    assert [source.kind for source in result.sources] == ["record"]
    assert isinstance(result.sources[0], RecordSource)
    assert (result.lookup_rounds, line.rounds, len(line.tool.asked)) == (1, [0], 1)
    assert "record get_order" in line.model.prompts[1].messages[-1].content
    assert result.usage.calls == 2


async def test_whatever_a_model_asks_for_comes_to_an_end() -> None:
    numbers = iter(range(100_001, 100_100))
    line = Line(lambda _: lookup(f"AB-{next(numbers)}"))
    result = await line.run(asked())
    assert isinstance(result.action, HandToHuman)
    assert line.rounds == [0, 1]
    assert result.usage.calls <= (SPEC.max_lookups + 1) * (SPEC.max_repairs + 1)


async def test_rounds_survive_repairs_between_them() -> None:
    """Of three answers one asks for a record, so that repairs are never used up before a lookup resets them."""
    said = [
        answer("It costs 99 EUR."),
        answer("Yes."),
        lookup(ORDER),
        answer("No."),
        answer("Hm."),
        lookup("AB-100002"),
    ]
    replies = iter(said * 10)
    line = Line(lambda _: next(replies))
    result = await line.run(asked())
    assert isinstance(result.action, HandToHuman)
    assert line.rounds == [0, 1]
    assert result.usage.calls == (SPEC.max_lookups + 1) * (SPEC.max_repairs + 1)


async def test_an_order_that_nobody_named_is_not_read_for_a_model() -> None:
    replies = iter([lookup("ZZ-999999"), answer("It is there."), *[answer("It is there.")] * 5])
    line = Line(lambda _: next(replies))
    result = await line.run(asked())
    assert isinstance(result.action, HandToHuman)
    assert line.tool.asked == []
