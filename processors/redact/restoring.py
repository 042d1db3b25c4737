"""The one function that puts originals back into an action.

What happens to a placeholder in an action:

| placeholder | field declared for its type | any other field |
|---|---|---|
| issued in this request's vault | the original | `[withheld]` |
| issued, but mangled (no brackets, another case) | `[withheld]` | `[withheld]` |
| not issued | the action is refused | the action is refused |

A placeholder nobody issued is a model's invention or a requester's forgery, so nothing of that action can be trusted.
An issued one in the wrong place is a slip of wording; downstream systems get neither the value nor the pseudonym.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from pydantic import ValidationError

from processors.redact import placeholders
from processors.texts import strings
from schemas.actions import BaseAction
from schemas.envelope import Context
from schemas.errors import Unprocessable
from schemas.ports import Vault
from schemas.requests import SealedVault

A = TypeVar("A", bound=BaseAction)


def restore(vault: Vault, context: Context, sealed: SealedVault, action: A) -> A:
    """Return the action with originals in the fields that may carry them. One pass: an original is never searched.

    Raises:
        Unprocessable: `unknown_placeholder`, `forged_placeholder`, `vault_key_destroyed`, or `restored_invalid` when
            the action with its originals no longer satisfies its own schema.
        Retryable: as `Vault.open`.
    """
    issued = frozenset(value.placeholder for value in sealed.values)
    fields = action.model_dump()
    _refuse_unknown(action, issued)
    opened = partial(vault.open, context, sealed)
    restored = {
        name: _restored(opened, issued, value, action.restorable.get(name, frozenset()))
        for name, value in fields.items()
    }
    return _revalidated(action, restored)


def _refuse_unknown(action: BaseAction, issued: frozenset[str]) -> None:
    if not issued.issuperset(placeholders.found_in(strings(action))):
        raise Unprocessable("unknown_placeholder", "the action names a value that was never sealed")


def _restored(
    opened: Callable[[str], str], issued: frozenset[str], value: object, accepted: frozenset[str]
) -> object:
    if isinstance(value, str):
        return placeholders.PATTERN.sub(
            lambda match: opened(match[0]) if match["entity"] in accepted else placeholders.WITHHELD,
            placeholders.withhold_mangled(value, issued),
        )
    if isinstance(value, dict):
        return {key: _restored(opened, issued, item, frozenset()) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_restored(opened, issued, item, frozenset()) for item in value)
    return value


def _revalidated(action: A, fields: dict[str, object]) -> A:
    try:
        return type(action).model_validate(fields)
    except ValidationError:
        pass
    raise Unprocessable("restored_invalid", "the action with its originals does not satisfy its schema")
