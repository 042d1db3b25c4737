"""A verdict of the policy engine against the same question to Cedar with the policies as text."""

from collections.abc import Callable
from pathlib import Path

import cedarpy
from pydantic import JsonValue

from processors.policy import CedarEngine, load_engine
from processors.policy.facts import facts
from schemas.actions import Action
from schemas.proposals import Validated
from streams.settings import Settings
from streams.wiring import POLICY_FILE
from tests import events
from tests.bench.figures import Measure, Report
from tests.bench.processes import Laps, alone

UNIT = "CPU µs/verdict"
DIGEST = "0" * 64


def measure(size: int, runs: int) -> Report:
    """Ask for `size` verdicts a run, of each kind."""
    seconds = alone(_seconds, size, runs)
    found = {name: tuple(1e6 * each / size for each in times) for name, times in seconds.items()}
    text = Measure("policies as text, one evaluation", UNIT, found.pop("text"), lower_is_better=True)
    ours = (Measure(name, UNIT, samples, text, lower_is_better=True) for name, samples in found.items())
    return Report("policy", size, runs, (*ours, text), _NOTES)


def _seconds(size: int, runs: int) -> dict[str, list[float]]:
    path = Settings().task_dirs[0] / POLICY_FILE
    engine = load_engine(path, ["orders.read"])
    cases: dict[str, Action] = {
        "reply, allowed": events.reply(),
        "refund of 40.00, allowed": events.refund("40.00"),
        "refund of 60.00, to a person": events.refund("60.00"),
    }
    asked = {name: _question(action) for name, action in cases.items()}
    found = {name: _timed(_judged(engine, *question), size, runs) for name, question in asked.items()}
    return {**found, "text": _timed(_with_text(path, *asked["reply, allowed"]), size, runs)}


def _judged(engine: CedarEngine, event: Validated, known: dict[str, JsonValue]) -> Callable[[], object]:
    return lambda: engine.judge(event.context, event.action, known, DIGEST)


def _question(action: Action) -> tuple[Validated, dict[str, JsonValue]]:
    order = events.order_found(amount="100.00")
    event = events.validated(action, evidence=events.evidence(order))
    return event, facts(event, same_actions_last_hour=0)


def _with_text(path: Path, event: Validated, known: dict[str, JsonValue]) -> Callable[[], object]:
    text, who = path.read_text(encoding="utf-8"), event.context.principal
    parents = [{"type": "Role", "id": role} for role in who.roles]
    request = {
        "principal": {"type": "User", "id": who.id},
        "action": {"type": "Action", "id": event.action.permission},
        "resource": {"type": "Task", "id": event.context.task},
        "context": {**known, "reviewed": False},
    }
    entities = [{"uid": {"type": "User", "id": who.id}, "attrs": {}, "parents": parents}]
    return lambda: cedarpy.is_authorized(request, text, entities)


def _timed(ask: Callable[[], object], size: int, runs: int) -> list[float]:
    laps = Laps(size, runs)
    while not laps.complete:
        ask()
        laps.count()
    return laps.seconds()


_NOTES = (
    "an allowed action takes one evaluation, any other two; the engine's answer is a recorded verdict",
    "the baseline parses the policies at each call, without a schema, and returns Cedar's own answer",
)
