"""What an error of ClickHouse or its driver means: bad data, a store that is away, or one that is set up wrongly.

None of the errors raised here carries the engine's text, which may quote values.
"""

import struct
from enum import StrEnum

from clickhouse_connect.driver.exceptions import ClickHouseError, DataError, ProgrammingError

from schemas.errors import Fatal, Retryable, SluicegateError

STORE_ERRORS = (
    ClickHouseError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
)
"""All that an insert can raise: the driver builds columns in Python and lets its errors through."""

# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
_DATA = frozenset({6, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 321, 349, 407, 469})
_SETUP = frozenset({16, 20, 46, 47, 60, 62, 81, 115, 164, 192, 193, 194, 291, 497, 516})


class Fault(StrEnum):
    """What to do about an error: set the row aside, wait, or stop."""

    DATA = "data"
    AWAY = "away"
    SETUP = "setup"


def fault_of(error: Exception) -> Fault:
    """Classify an error; what is not known is waited out rather than held against the data."""
    code = code_of(error)
    if isinstance(error, DataError) or code in _DATA:
        return Fault.DATA
    if code in _SETUP or (isinstance(error, ProgrammingError) and code is None):
        return Fault.SETUP
    if isinstance(error, ClickHouseError | OSError):
        return Fault.AWAY
    return Fault.DATA


def code_of(error: Exception) -> int | None:
    """Return ClickHouse's numeric code, None when the engine did not answer."""
    code = getattr(error, "code", None)
    return code if isinstance(code, int) else None


def name_of(error: Exception) -> str:
    """Return ClickHouse's symbolic name of the error, else the class's name."""
    name = getattr(error, "name", None)
    return name if isinstance(name, str) else type(error).__name__


def describe(error: Exception) -> str:
    """Name an error by code and symbol."""
    code = code_of(error)
    return name_of(error) if code is None else f"ClickHouse code {code} {name_of(error)}"


def disposition(error: Exception) -> SluicegateError:
    """Return the error to raise for a store that is away or set up wrongly."""
    if fault_of(error) is Fault.SETUP:
        return Fatal("trace_store_misconfigured", describe(error))
    return Retryable("trace_store_away", describe(error))
