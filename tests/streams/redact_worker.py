"""The redact stage as a worker runs it, with a broker in memory, and all that it says and writes made searchable."""

import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import processors.redact
from processors.tasks.shop_support.sample import SampleMessage
from processors.tasks.shop_support.sample import load as load_sample
from schemas.endings import DeadLettered
from schemas.errors import Fatal
from schemas.topics import Topic
from schemas.wire import Inbound, Outbound
from streams.clock import SystemClock
from streams.keys import ensure_key
from streams.mounting import mount
from streams.runtime.contracts import AgentSpec
from streams.runtime.dispatcher import Delivery, Dispatcher
from streams.runtime.tries import Backoff
from streams.settings import KeySettings, Settings
from streams.topology import stage
from streams.wiring import Workshop
from tests.e2e.canaries import IN_TEXT, Canary, Haystack, Search
from tests.e2e.mangling import mangled
from tests.e2e.planting import document, planted, said, well_formed

NAME, MAIL, CARD, PASSWORD = (
    next(each for each in IN_TEXT if each.name == name) for name in ("name", "e-mail", "card", "password")
)
KEY = Canary("Kafka key", "szalinski@post.example", ("szalinski",))
LINK = Canary("host", "gooseberry-lattice")
INSIDE = (NAME, MAIL, CARD, PASSWORD, KEY)
SEARCH = Search(INSIDE)


def request() -> Inbound:
    """Return a request with canaries in its text, turns, fields and key."""
    changes = {
        "text": f"Where is my order AC-100102? {said(NAME)} {said(PASSWORD)}",
        "turns": [{"role": "requester", "text": f"{said(CARD)} {said(MAIL)}"}],
        "fields": {"note": said(MAIL), "customer_name": NAME.value, "reference": 4929771533820946},
    }
    message = planted(document(1, **changes), INSIDE).message
    return Inbound(Topic.REQUESTS, 0, 7, KEY.value.encode(), message.value, (), SystemClock().now())


def requests() -> Iterator[Inbound]:
    """Yield requests with everything there is to be found, and the shipped sample."""
    now = SystemClock().now()
    own = (each.message for each in (*well_formed(), *mangled()))
    for offset, message in enumerate((*own, *load_sample(now), *linked())):
        yield Inbound(Topic.REQUESTS, 0, offset, message.key, message.value, message.headers, now)


def linked() -> Iterator[SampleMessage]:
    """Yield requests with addresses, for which a library would like to have the list of public suffixes."""
    texts = (
        f"see https://shop.{LINK.value}.co.uk/a?b=c and http://{LINK.value}.example.com.au",
        f"write to {LINK.value}@mail.example.co.jp or {LINK.value}@b\u00fccher.example",
        f"www.{LINK.value}.museum, ftp://{LINK.value}.k12.ma.us, {LINK.value}.s3.amazonaws.com, 2001:db8::{LINK.value}",
    )
    for number, text in enumerate(texts, 5000):
        yield planted(document(number, text=text), [LINK]).message


def redact_spec(folder: Path) -> AgentSpec:
    """Return the redact stage with its parts as they are in production."""
    keys = KeySettings(vault=ensure_key(folder / "vault.key"))
    workshop = Workshop(Settings(state_dir=folder, keys=keys))
    return mount(stage("redact"), workshop.processor("redact"), workshop.clock)  # type: ignore[arg-type]


@dataclass
class Worker:
    """Runs deliveries through a dispatcher and keeps what it writes."""

    spec: AgentSpec
    refuses: Exception | None = None
    written: list[Outbound] = field(default_factory=list)
    crashes: list[Fatal] = field(default_factory=list)

    async def write(self, partition: int, outputs: Sequence[Outbound]) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.written += outputs

    async def crash(self, error: Fatal) -> None:
        self.crashes.append(error)

    async def run(self, *inbounds: Inbound) -> "Worker":
        """Process the records to their ends."""
        dispatcher = Dispatcher(self.spec, self, self.crash, backoff=Backoff(first_seconds=0.0))
        for inbound in inbounds:
            await dispatcher.take(Delivery(inbound, lambda: None, lambda: None))
        await dispatcher.finished()
        return self

    def haystacks(self) -> Iterator[Haystack]:
        """Yield all that was written and all that a crash says."""
        for output in self.written:
            headers = b"\n".join(part for name, value in output.headers for part in (name.encode(), value))
            yield Haystack(output.topic, b"\n".join((output.key or b"", output.value or b"", headers)))
        for error in self.crashes:
            yield Haystack("crash", repr((error, error.__cause__, error.__context__)).encode())

    @property
    def letters(self) -> list[DeadLettered]:
        """The dead letters among what was written."""
        values = [output.value or b"" for output in self.written if output.topic == Topic.DEAD_LETTERS]
        return [DeadLettered.model_validate_json(value) for value in values]


Function = tuple[str, object, str]
"""A function's full name, the module or class it is defined in, and its name there."""


def functions() -> Iterator[Function]:
    """Yield every function and method of the redact package."""
    for module in _modules():
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") != module.__name__:
                continue
            if isinstance(value, type):
                yield from _methods(value)
            elif callable(value) and isinstance(inspect.unwrap(value), FunctionType):
                yield f"{module.__name__}.{name}", module, name


def _methods(cls: type) -> Iterator[Function]:
    for name, value in vars(cls).items():
        plain = isinstance(value, FunctionType) and value.__module__ == cls.__module__
        if plain and name not in {"__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"}:
            yield f"{cls.__module__}.{cls.__name__}.{name}", cls, name


def _modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(processors.redact.__path__, f"{processors.redact.__name__}.")
    return [import_module(each.name) for each in found]


def put_everywhere(
    patch: pytest.MonkeyPatch, where: object, name: str, instead: Callable[..., object]
) -> None:
    """Put a function in another's place, also where that was imported by its name."""
    original = vars(where)[name]
    patch.setattr(where, name, instead)
    for module in [each for key, each in sys.modules.items() if key.startswith("processors.")]:
        for known, value in list(vars(module).items()):
            if value is original:
                patch.setattr(module, known, instead)
