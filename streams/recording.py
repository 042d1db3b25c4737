"""Record as a worker runs it: the store, the loop that fills it, and for the embedded store the endpoint to read it."""

from contextlib import AbstractContextManager, nullcontext
from threading import Event

from processors.tasks.task import REGISTRY_FILE, load_registry
from schemas.envelope import Message
from schemas.errors import Fatal
from schemas.tasks import Registry
from schemas.verdicts import Decision
from schemas.wire import Inbound
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.endpoint import Endpoint
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.writer import Writer
from streams.runtime.record_loop import RecordLoop, RecordSettings, Sink
from streams.settings import Settings
from streams.topology import recorded

STRANGER = "unregistered"
"""Recorded in place of a reviewer or tenant that the registry does not know."""


class Registered:
    """A sink for a record loop: whoever decides under a name of their own choosing leaves none in the store.

    Settle refuses such a decision; its record is read here all the same, and whoever wrote it may have put anything there.
    """

    def __init__(self, sink: Sink, registry: Registry) -> None:
        self._sink = sink
        self._registry = registry

    @property
    def backlog(self) -> int:
        return self._sink.backlog

    def take(self, inbound: Inbound, message: Message) -> None:
        known = self._known(message) if isinstance(message, Decision) else message
        self._sink.take(inbound, known)

    def refuse(self, inbound: Inbound, error: str) -> None:
        self._sink.refuse(inbound, error)

    def flush(self) -> None:
        self._sink.flush()

    def _known(self, decision: Decision) -> Decision:
        changes: dict[str, str] = {}
        if self._registry.reviewer(decision.reviewer_id) is None:
            changes["reviewer_id"] = STRANGER
        if self._registry.tenant(decision.tenant) is None:
            changes["tenant"] = STRANGER
        return decision.model_copy(update=changes)


class Recording:
    """Migrates the store and records until stopped.

    Args:
        settings: with the store's DSN; for an embedded store also a token for its endpoint.

    Attributes:
        ready: whether the store is open, and for an embedded one its endpoint; may be read from other threads.

    Raises:
        Fatal: `store_missing`, `dsn_invalid`, or `task_invalid` for a registry that cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        dsn = settings.store.dsn.get_secret_value()
        if not dsn:
            raise Fatal("store_missing", "SLUICEGATE_STORE__DSN is not set")
        self.ready = False
        self._settings = settings
        self._dsn = Dsn.parse(dsn)
        self._registry = load_registry(settings.registry or settings.task_dirs[0] / REGISTRY_FILE)

    def run(self, stop: Event) -> None:
        """Block until `stop` is set.

        Raises:
            Fatal, Retryable: the store or the broker cannot be used; what was not stored is not committed.
        """
        broker = self._settings.broker
        with ClickHouseStore(self._dsn) as store:
            store.migrate()
            settings = RecordSettings(broker.bootstrap, broker.group_prefix + "record", broker.session)
            sink = Registered(Writer(store), self._registry)
            loop = RecordLoop(sink, {str(topic): cls for topic, cls in recorded().items()}, settings)
            with self._readable():
                self.ready = True
                loop.run(stop)

    def _readable(self) -> AbstractContextManager[object]:
        """Return the endpoint through which other processes read an embedded store; a server is read directly."""
        if not self._dsn.embedded:
            return nullcontext()
        store = self._settings.store
        return Endpoint(self._dsn, store.token.get_secret_value(), store.port)
