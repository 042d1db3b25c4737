"""Headers whose names are not UTF-8: what a publisher may write must not stop whoever reads it.

The protocol says that a header's name is UTF-8 and no broker checks it. aiokafka raises on such a name in the middle of a
batch, at every new try, so that a single record would end a stage for ever. Here only the bytes that are not UTF-8 are
lost, and the record goes on to the stage.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint_py

_OFFSET_BYTES: Final = 8
_PREFIX_BYTES: Final = 12


def install() -> None:
    """Have every consumer of this process read such names; doing it again changes nothing."""
    fetcher.MemoryRecords = LenientRecords


class LenientRecords:
    """Record batches as a fetch brings them, read by aiokafka as long as it can."""

    def __init__(self, data: bytes) -> None:
        self._records = MemoryRecords(data)
        self._batches = _batches(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def next_batch(self) -> "_Batch":
        """Return the next batch; there is one while `has_next` says so."""
        return _Batch(self._records.next_batch(), next(self._batches))


class _Batch:
    def __init__(self, batch: Any, data: bytes) -> None:
        self._batch = batch
        self._data = data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                yield record
                read += 1
        except UnicodeDecodeError:
            pass
        else:
            return
        yield from islice(_leniently(self._data), read, None)


def _batches(data: bytes) -> Iterator[bytes]:
    """Yield the bytes of each batch: an offset, the length of what follows, and that."""
    start = 0
    while start < len(data):
        length = data[start + _OFFSET_BYTES : start + _PREFIX_BYTES]
        end = start + _PREFIX_BYTES + int.from_bytes(length, "big")
        yield data[start:end]
        start = end


def _leniently(data: bytes) -> Iterator[Any]:
    batch = _DefaultRecordBatchPy(data)
    batch._maybe_uncompress()  # noqa: SLF001
    batch._buffer = _Lenient(batch._buffer)  # noqa: SLF001
    for _ in range(batch._num_records):  # noqa: SLF001
        yield batch._read_msg(decode_varint_py)  # noqa: SLF001


class _Lenient(bytearray):
    """Bytes whose slices are text whatever they hold."""

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        return _Lenient(part) if isinstance(key, slice) else part

    def decode(self, *_: str) -> str:
        return super().decode("utf-8", "replace")
