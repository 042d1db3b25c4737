"""A request that is read after its data subject was erased, in whatever order the broker delivers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from processors.redact import AesVault, PatternDetector, Redact
from processors.redact.sealing.key_operations import destroy_subject
from processors.redact.sealing.keyring import Keyring
from schemas.errors import Unprocessable
from schemas.keys import KeyKind
from schemas.wire import Inbound
from sinks.keys.memory import MemoryKeyStore
from tests.processors.redact.samples import REGISTRY, TASKS, published, rendered
from tests.vaults import roots

MAIL = "jane.doe@mail.example"
NOW = datetime.now(UTC)


def told(at: datetime, **changes: object) -> Inbound:
    return replace(published(text=f"my mail is {MAIL}", **changes), timestamp=at)


async def test_a_redelivery_is_refused_and_a_new_request_is_not() -> None:
    ring = Keyring(MemoryKeyStore(), roots())
    stage = Redact(REGISTRY, TASKS, PatternDetector(), AesVault(ring))
    before = await stage(told(NOW))
    assert destroy_subject(ring, "acme-shop", "cust-1", "ann") == 1

    for worker in (stage, Redact(REGISTRY, TASKS, PatternDetector(), AesVault(Keyring(ring.store, roots())))):
        with pytest.raises(Unprocessable) as refused:
            await worker(told(NOW))
        assert refused.value.reason == "subject_erased"
        assert MAIL not in rendered([refused.value])
    assert all(key.destroyed for key in ring.store.stored() if key.kind is KeyKind.SUBJECT)

    later = datetime.now(UTC) + timedelta(seconds=1)
    after = await stage(told(later, id="req-2"))
    assert stage.vault.open(after.context, after.vault, after.vault.values[0].placeholder) == MAIL
    assert after.vault.key_id != before.vault.key_id
    with pytest.raises(Unprocessable):
        await stage(told(NOW))


async def test_a_request_without_anything_to_seal_goes_on() -> None:
    ring = Keyring(MemoryKeyStore(), roots())
    stage = Redact(REGISTRY, TASKS, PatternDetector(), AesVault(ring))
    await stage(told(NOW))
    destroy_subject(ring, "acme-shop", "cust-1", "ann")

    event = await stage(replace(published(), timestamp=NOW))

    assert event.vault.values == ()
