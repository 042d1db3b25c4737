import base64
import threading

import pytest

from processors.redact import AesVault, placeholders
from processors.redact.sealing.vault import _associated
from processors.redact.sealing.wrapping import key_encryption_key
from schemas.actions import SendReply
from schemas.base import derive_id
from schemas.envelope import Context, Principal
from schemas.errors import Retryable, Unprocessable
from schemas.keys import StoredKey
from schemas.requests import SealedValue, SealedVault
from sinks.keys.memory import MemoryKeyStore
from tests import events
from tests.events import VAULT
from tests.vaults import SECRET, keyring, vault


@pytest.fixture
def context() -> Context:
    return events.context()


def other(context: Context, **changes: object) -> Context:
    return Context.model_validate({**context.model_dump(), **changes})


def reply(body: str) -> SendReply:
    return SendReply(language="en", subject="Your order", body=body, confidence=0.9)


def test_a_placeholder_has_the_grammar_that_others_look_for(context: Context) -> None:
    placeholder = VAULT.placeholder(context, "EMAIL_ADDRESS", "jane@doe.example")

    assert placeholders.PATTERN.fullmatch(placeholder)
    assert placeholders.entity_of(placeholder) == "EMAIL_ADDRESS"


@pytest.mark.parametrize(
    ("entity", "value", "same"),
    [
        ("PERSON", "Jane Doe", "JANE  doe"),
        ("CREDIT_CARD", "4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("PHONE_NUMBER", "+49 (170) 123", "+49170123"),
        ("EMAIL_ADDRESS", "Jane@Doe.example", "jane@doe.example"),
    ],
)
def test_the_same_value_has_the_same_placeholder(
    context: Context, entity: str, value: str, same: str
) -> None:
    assert VAULT.placeholder(context, entity, value) == VAULT.placeholder(context, entity, same)


@pytest.mark.parametrize(
    "changes",
    [{"tenant": "nordwind"}, {"conversation_id": "conv-2"}],
)
def test_a_placeholder_tells_nothing_outside_its_conversation(
    context: Context, changes: dict[str, object]
) -> None:
    placeholder = VAULT.placeholder(context, "PERSON", "Jane")

    assert VAULT.placeholder(other(context, **changes), "PERSON", "Jane") != placeholder
    assert vault().placeholder(context, "PERSON", "Jane") != placeholder
    assert VAULT.placeholder(context, "NAME", "Jane")[-9:] != placeholder[-9:]


def test_whoever_has_the_key_gives_the_same_placeholder(context: Context) -> None:
    ring = keyring()
    key = ring.ensure_digest_key(context.tenant)

    assert AesVault(ring).placeholder(context, "PERSON", "Jane  DOE") == placeholders.keyed(
        key, context.conversation_id, "PERSON", "jane doe"
    )
    assert placeholders.keyed(key, "other", "PERSON", "jane doe") != placeholders.keyed(
        key, context.conversation_id, "PERSON", "jane doe"
    )


def test_what_was_sealed_opens_again_and_stands_nowhere_in_clear(context: Context) -> None:
    sealed = VAULT.seal(context, {"<PERSON_0000000a>": "Jäne", "<EMAIL_ADDRESS_0000000b>": "j@d.example"})

    assert VAULT.open(context, sealed, "<PERSON_0000000a>") == "Jäne"
    assert VAULT.open(context, sealed, "<EMAIL_ADDRESS_0000000b>") == "j@d.example"
    assert "j@d" not in sealed.model_dump_json()
    assert (len(sealed.key_id), sealed.key_version) == (32, 1)


def test_every_value_has_a_nonce_of_its_own(context: Context) -> None:
    values = {f"<NUMBER_{number:08x}>": "12345" for number in range(64)}
    sealed = [*VAULT.seal(context, values).values, *VAULT.seal(context, values).values]

    assert len({value.nonce for value in sealed}) == len(sealed)
    assert {len(base64.b64decode(value.nonce)) for value in sealed} == {12}


def test_an_unknown_placeholder_is_refused(context: Context) -> None:
    with pytest.raises(Unprocessable, match="unknown_placeholder"):
        VAULT.open(context, SealedVault(), "<PERSON_0000000a>")


@pytest.mark.parametrize(
    "changes",
    [{"tenant": "nordwind"}, {"conversation_id": "conv-2"}, {"principal": Principal(id="cust-2")}],
)
def test_a_value_opens_in_its_own_conversation_only(context: Context, changes: dict[str, object]) -> None:
    sealed = VAULT.seal(context, {"<PERSON_0000000a>": "Jane"})

    with pytest.raises(Unprocessable, match="forged_placeholder"):
        VAULT.open(other(context, **changes), sealed, "<PERSON_0000000a>")


def tampered(value: SealedValue) -> list[dict[str, str]]:
    ciphertext = bytearray(base64.b64decode(value.ciphertext))
    ciphertext[0] ^= 1
    return [
        {"placeholder": "<PERSON_0000000b>"},
        {"ciphertext": base64.b64encode(bytes(ciphertext)).decode()},
        {"ciphertext": "no base64!"},
        {"ciphertext": ""},
        {"nonce": base64.b64encode(bytes(12)).decode()},
        {"nonce": ""},
        {"nonce": "\u00fc"},
    ]


@pytest.mark.parametrize("which", range(7))
def test_a_value_that_was_changed_or_moved_is_forged(context: Context, which: int) -> None:
    sealed = VAULT.seal(context, {"<PERSON_0000000a>": "Jane"})
    changed = sealed.values[0].model_copy(update=tampered(sealed.values[0])[which])

    with pytest.raises(Unprocessable, match="forged_placeholder"):
        VAULT.open(context, sealed.model_copy(update={"values": (changed,)}), changed.placeholder)


def test_a_vault_says_under_which_key_and_that_cannot_be_changed(context: Context) -> None:
    sealed = VAULT.seal(context, {"<PERSON_0000000a>": "Jane"})
    others = VAULT.seal(other(context, principal=Principal(id="cust-2")), {"<PERSON_0000000a>": "John"})

    for changes in ({"key_version": 2}, {"key_id": others.key_id}):
        with pytest.raises(Unprocessable, match="forged_placeholder"):
            VAULT.open(context, sealed.model_copy(update=changes), "<PERSON_0000000a>")


def test_a_vault_under_another_key_waits_for_that_key(context: Context) -> None:
    sealed = vault().seal(context, {"<PERSON_0000000a>": "Jane"})

    with pytest.raises(Retryable, match="vault_key_missing"):
        VAULT.open(context, sealed, "<PERSON_0000000a>")


@pytest.mark.parametrize(
    ("mine", "yours"),
    [
        ({"tenant": "shop", "conversation_id": "ab"}, {"tenant": "shopa", "conversation_id": "b"}),
        ({"tenant": "shop", "conversation_id": "a/b"}, {"tenant": "shop-a", "conversation_id": "b"}),
    ],
)
def test_what_is_bound_cannot_be_read_in_two_ways(
    context: Context, mine: dict[str, object], yours: dict[str, object]
) -> None:
    ours = other(context, **mine), other(context, **yours)

    assert len({_associated(each, SealedVault(), "<PERSON_0000000a>") for each in ours}) == 2
    assert len({VAULT.placeholder(each, "PERSON", "Jane") for each in ours}) == 2


def test_the_digest_of_an_action_depends_on_it_and_on_its_originals(context: Context) -> None:
    jane = VAULT.seal(context, {"<PERSON_0000000a>": "Jane"})
    john = VAULT.seal(context, {"<PERSON_0000000a>": "John"})
    action = reply("Dear <PERSON_0000000a>")

    digest = VAULT.digest(context, action, jane)

    assert digest == VAULT.digest(context, action, VAULT.seal(context, {"<PERSON_0000000a>": "Jane"}))
    assert digest != VAULT.digest(context, action, john)
    assert digest != VAULT.digest(context, reply("Dear <PERSON_0000000a>!"), jane)
    assert digest != VAULT.digest(
        other(context, tenant="nordwind"),
        action,
        VAULT.seal(other(context, tenant="nordwind"), {"<PERSON_0000000a>": "Jane"}),
    )
    assert len(digest) == 64


def test_the_digest_is_the_same_in_a_redelivery_and_a_replay(context: Context) -> None:
    sealed = VAULT.seal(context, {"<PERSON_0000000a>": "Jane"})
    replayed = other(context, generation=3, request_id=derive_id("again"))

    assert VAULT.digest(context, reply("<PERSON_0000000a>"), sealed) == VAULT.digest(
        replayed, reply("<PERSON_0000000a>"), sealed
    )


def test_an_action_with_an_unknown_placeholder_has_no_digest(context: Context) -> None:
    with pytest.raises(Unprocessable, match="unknown_placeholder"):
        VAULT.digest(context, reply("Dear <PERSON_0000000a>"), SealedVault())


def test_nothing_to_seal_still_gives_the_tenant_its_keys(context: Context) -> None:
    """Else the first digest of a request without personal data would find none, and wait."""
    fresh = AesVault(keyring())
    with pytest.raises(Retryable, match="vault_key_missing"):
        fresh.digest(context, reply("Hello"), SealedVault())

    assert fresh.seal(context, {}) == SealedVault()
    assert len(fresh.digest(context, reply("Hello"), SealedVault())) == 64


def test_opening_and_digesting_make_no_key(context: Context) -> None:
    ring = keyring()
    sealed = VAULT.seal(context, {"<PERSON_0000000a>": "Jane"})

    with pytest.raises(Retryable, match="vault_key_missing"):
        AesVault(ring).open(context, sealed, "<PERSON_0000000a>")
    for body, values in (("<PERSON_0000000a>", sealed), ("Hello", SealedVault())):
        with pytest.raises(Retryable, match="vault_key_missing"):
            AesVault(ring).digest(context, reply(body), values)

    assert list(ring.store.stored()) == []


class Watched(MemoryKeyStore):
    """Knows which threads added keys."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def add(self, key: StoredKey) -> StoredKey | None:
        self.threads.add(threading.get_ident())
        return super().add(key)


async def test_a_key_is_made_beside_the_event_loop_and_only_once(context: Context) -> None:
    store = Watched()
    prepared = AesVault(keyring(store))

    await prepared.prepare(context)
    made = list(store.stored())
    await prepared.prepare(context)

    assert threading.get_ident() not in store.threads
    sealed = prepared.seal(context, {"<PERSON_0000000a>": "Jane"})
    assert sealed.key_id in {key.key_id for key in made}
    assert list(store.stored()) == made


def test_no_key_shows(context: Context) -> None:
    ring = keyring()
    sealing = ring.sealing_key("acme-shop", "cust-1", events.MOMENT)
    shown = f"{VAULT!r} {ring!r} {sealing!r} {list(ring.store.stored())}"

    assert SECRET.hex() not in shown
    assert repr(SECRET)[2:20] not in shown
    assert ring.digest_key("acme-shop").hex() not in shown
    assert repr(ring.digest_key("acme-shop"))[2:10] not in shown
    assert "wrapped=" not in shown


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_no_key(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        key_encryption_key(bytes(length))
