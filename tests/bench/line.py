"""The whole line without the larger model: requests that rules, the cheap tier and templates answer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from schemas.topics import Topic
from schemas.wire import Inbound
from streams.embedded.stack import Stack
from streams.publishing import publish
from streams.reading import open_reader
from streams.settings import ModelSettings, Settings
from streams.topology import STAGES
from streams.watching import watch
from tests.bench import bare, traffic
from tests.bench.figures import Measure, Report, rates
from tests.bench.processes import all_cpu_seconds, alone, peak_mib

IDLE_SECONDS = 3.0
LIMIT_SECONDS = 300.0
WARM_UP = 300

_ENDS = (Topic.ACTIONS, Topic.REVIEWS, Topic.DEAD_LETTERS, Topic.SETTLEMENTS)
_STAGES = """
SELECT stage, sum(cpu_us) AS cpu_us FROM
(
    SELECT e.stage AS stage, max(e.cpu_us) AS cpu_us FROM stage_events AS e FINAL
    INNER JOIN (SELECT request_id FROM requests FINAL WHERE startsWith(source_id, {prefix:String})) AS r USING request_id
    WHERE e.stage != '' GROUP BY e.request_id, e.generation, e.stage, e.attempt, e.started_at
)
GROUP BY stage
"""
_STORED = (
    "SELECT (SELECT count() FROM actions), (SELECT count() FROM settlements), (SELECT count() FROM statuses)"
)


class ModellessStack(Stack):
    """The embedded line without the larger model: whatever would need it goes to a person, and is counted as a fault."""

    def _model_settings(self) -> ModelSettings:
        return self.base.model


@dataclass(frozen=True)
class Drive:
    """One run: seconds on the clock until the last action, processor seconds by process, and by stage."""

    wall_seconds: float
    cpu_seconds: dict[str, float]
    stage_seconds: dict[str, float]


class Tally:
    """Counts how requests end, and takes any ending but an action for a fault."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = dict.fromkeys(map(str, _ENDS), 0)

    def count(self, message: Inbound) -> None:
        if message.topic in {Topic.REVIEWS, Topic.DEAD_LETTERS}:
            raise RuntimeError(f"a request ended in {message.topic}")
        self.seen[message.topic] += 1


class Line:
    """A running line to drive requests through."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.bootstrap = stack.settings.broker.bootstrap
        self._tally = Tally()
        self._published = 0
        self._messages = watch(self.bootstrap, [str(topic) for topic in _ENDS], idle_seconds=0.05)

    def drive(self, run: str, count: int) -> Drive:
        """Publish requests and wait until each has ended, is settled and stored."""
        before, started = all_cpu_seconds(self.stack.pids()), time.perf_counter()
        publish(self.bootstrap, traffic.requests(run, count))
        self._published += count
        self._follow(Topic.ACTIONS)
        wall = time.perf_counter() - started
        self._follow(Topic.SETTLEMENTS)
        self._await_stored()
        after = all_cpu_seconds(self.stack.pids())
        return Drive(
            wall, {name: after[name] - before[name] for name in after}, self._stages(f"bench-{run}-")
        )

    def idle(self) -> dict[str, float]:
        """Return the share of a processor that each process takes while nothing comes."""
        before = all_cpu_seconds(self.stack.pids())
        time.sleep(IDLE_SECONDS)
        after = all_cpu_seconds(self.stack.pids())
        return {name: (after[name] - before[name]) / IDLE_SECONDS for name in after}

    def _follow(self, topic: Topic) -> None:
        limit = time.monotonic() + LIMIT_SECONDS
        while self._tally.seen[topic] < self._published:
            message = next(self._messages)
            if message is not None:
                self._tally.count(message)
            if self.stack.failed() or time.monotonic() > limit:
                raise RuntimeError(f"the line stopped: {self.stack.failed() or 'too slow'}")

    def _await_stored(self) -> None:
        limit = time.monotonic() + LIMIT_SECONDS
        with open_reader(self.stack.settings) as reader:
            while any(int(str(found)) < self._published for found in reader.query(_STORED).rows[0]):
                if time.monotonic() > limit:
                    raise RuntimeError("the store does not catch up")
                time.sleep(0.2)

    def _stages(self, prefix: str) -> dict[str, float]:
        with open_reader(self.stack.settings) as reader:
            found = reader.query(_STAGES, {"prefix": prefix}).rows
        return {str(stage): int(str(cpu)) / 1e6 for stage, cpu in found}


@contextmanager
def running(directory: Path) -> Iterator[Line]:
    """Run a line for the length of a `with` block."""
    registry = directory / "registry.yaml"
    settings = Settings(state_dir=directory / "state", registry=registry)
    traffic.generous_registry(settings.task_dirs[0], registry)
    with ModellessStack(settings) as stack:
        yield Line(stack)


def measure(size: int, runs: int) -> Report:
    """Drive `size` requests through the line, `runs` times after a warm-up."""
    with TemporaryDirectory() as folder, running(Path(folder)) as line:
        line.drive("warm", min(size, WARM_UP))
        drives = [line.drive(str(run), size) for run in range(runs)]
        idle = line.idle()
        pids = line.stack.pids()
        peaks = {name: peak_mib(pid) for name, pid in pids.items()}
        target = bare.copy_topic(line.bootstrap, "bench.requests.copied")
        route = bare.Route(line.bootstrap, pids["broker"], str(Topic.REQUESTS), target)
        loops = alone(bare.forwarded, route, size, runs, parse=True)
    measures = (
        *_totals(size, drives, loops),
        *_processes(size, drives),
        *_stages(size, drives),
        *(
            Measure(f"{name}: peak memory", "MiB", (peak,), lower_is_better=True)
            for name, peak in peaks.items()
        ),
        *(
            Measure(f"{name}: idle", "% of a core", (100 * share,), lower_is_better=True)
            for name, share in idle.items()
        ),
    )
    return Report("line", size, runs, measures, _NOTES)


def _totals(size: int, drives: list[Drive], loops: list[bare.Spent]) -> tuple[Measure, ...]:
    bare_all = Measure(
        "bare loop and its broker", "requests/CPU s", rates(size, (loop.own + loop.broker for loop in loops))
    )
    bare_own = Measure("bare loop", "requests/CPU s", rates(size, (loop.own for loop in loops)))
    line_all = rates(size, (sum(drive.cpu_seconds.values()) for drive in drives))
    line_own = rates(
        size, (sum(drive.cpu_seconds.values()) - drive.cpu_seconds["broker"] for drive in drives)
    )
    return (
        Measure("line, on the clock", "requests/s", rates(size, (drive.wall_seconds for drive in drives))),
        Measure("line and its broker", "requests/CPU s", line_all, bare_all),
        Measure("line", "requests/CPU s", line_own, bare_own),
        bare_all,
        bare_own,
    )


def _processes(size: int, drives: list[Drive]) -> Iterator[Measure]:
    for name in drives[0].cpu_seconds:
        yield _milliseconds(name, size, [drive.cpu_seconds[name] for drive in drives])


def _stages(size: int, drives: list[Drive]) -> Iterator[Measure]:
    """What the stages booked as their own work; what is left of `agents` is Faust, decoding, encoding and waiting."""
    for stage in STAGES:
        yield _milliseconds(
            f"stage {stage.name}", size, [drive.stage_seconds.get(stage.name, 0.0) for drive in drives]
        )
    agents = {stage.name for stage in STAGES if stage.runs != "transactional"}
    rest = [
        drive.cpu_seconds["agents"] - sum(drive.stage_seconds.get(name, 0.0) for name in agents)
        for drive in drives
    ]
    yield _milliseconds("agents beside the stages' work", size, rest)


def _milliseconds(name: str, size: int, seconds: list[float]) -> Measure:
    per_request = tuple(1000 * each / size for each in seconds)
    return Measure(name, "CPU ms/request", per_request, lower_is_better=True)


_NOTES = (
    "every request passes eight stages and becomes a signed action, a status, a settlement and its trace in the store",
    "the bare loop parses each request with pydantic and writes it once, at least once, on the same broker",
    "the embedded broker acknowledges from memory; processor time includes polling while it waits",
)
