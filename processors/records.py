"""Values in the records that tools return, which are JSON and may hold anything."""

from decimal import Decimal, InvalidOperation

from pydantic import JsonValue


def amount(value: JsonValue) -> Decimal | None:
    """Return an amount of money written as text, None for anything else."""
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
