"""Record as a worker runs it: the store, the loop that fills it, and for the embedded store the endpoint to read it."""

from contextlib import AbstractContextManager, nullcontext
from threading import Event

from schemas.errors import Fatal
from sinks.clickhouse.connect import Dsn
from sinks.clickhouse.endpoint import Endpoint
from sinks.clickhouse.store import ClickHouseStore
from sinks.clickhouse.writer import Writer
from streams.runtime.record_loop import RecordLoop, RecordSettings
from streams.settings import Settings
from streams.topology import recorded


class Recording:
    """Migrates the store and records until stopped.

    Args:
        settings: with the store's DSN; for an embedded store also a token for its endpoint.

    Attributes:
        ready: whether the store is open, and for an embedded one its endpoint; may be read from other threads.

    Raises:
        Fatal: `store_missing`, `dsn_invalid`.
    """

    def __init__(self, settings: Settings) -> None:
        dsn = settings.store.dsn.get_secret_value()
        if not dsn:
            raise Fatal("store_missing", "SLUICEGATE_STORE__DSN is not set")
        self.ready = False
        self._settings = settings
        self._dsn = Dsn.parse(dsn)

    def run(self, stop: Event) -> None:
        """Block until `stop` is set.

        Raises:
            Fatal, Retryable: the store or the broker cannot be used; what was not stored is not committed.
        """
        broker = self._settings.broker
        with ClickHouseStore(self._dsn) as store:
            store.migrate()
            settings = RecordSettings(broker.bootstrap, broker.group_prefix + "record", broker.session)
            loop = RecordLoop(Writer(store), {str(topic): cls for topic, cls in recorded().items()}, settings)
            with self._readable():
                self.ready = True
                loop.run(stop)

    def _readable(self) -> AbstractContextManager[object]:
        """Return the endpoint through which other processes read an embedded store; a server is read directly."""
        if not self._dsn.embedded:
            return nullcontext()
        store = self._settings.store
        return Endpoint(self._dsn, store.token.get_secret_value(), store.port)
