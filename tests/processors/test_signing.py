"""Signatures: verified offline, over every field, from the published JSON (invariant 2)."""

import base64

import pytest

from processors.signing import Ed25519Signer, signed, verify
from schemas.codec import encode
from schemas.endings import ActionPublished, Signature
from schemas.envelope import Usage, Work
from tests.events import context, evidence, published, refund, reply

SIGNER = Ed25519Signer(bytes(32))
SIGNED = signed(published(reply("Grüße 🌊\u2028", confidence=0.1)), SIGNER)


def test_a_signed_action_verifies() -> None:
    assert verify(SIGNED, SIGNER.public_key)
    assert SIGNED.signature is not None
    assert SIGNED.signature.key_id == SIGNER.key_id


def test_it_verifies_from_the_published_json() -> None:
    assert verify(ActionPublished.model_validate_json(encode(SIGNED)), SIGNER.public_key)


def test_an_unsigned_action_does_not() -> None:
    assert not verify(published(), SIGNER.public_key)


def test_another_key_does_not_verify() -> None:
    assert not verify(SIGNED, Ed25519Signer(bytes([1]) * 32).public_key)


@pytest.mark.parametrize("value", ["", "!", base64.b64encode(bytes(64)).decode(), "AAAA", "ä"])
def test_another_signature_does_not_verify(value: str) -> None:
    forged = SIGNED.model_copy(update={"signature": Signature(key_id=SIGNER.key_id, value=value)})
    assert not verify(forged, SIGNER.public_key)


CHANGES: dict[str, object] = {
    "context": context(2),
    "usage": Usage(calls=1),
    "id": context(2).action_id,
    "action": refund("1.00"),
    "twin": refund("1.00"),
    "tier": "large",
    "evidence": evidence(),
    "sources": ({"kind": "record", "tool": "get_order"},),
    "rules": (),
    "policy_version": "v2",
    "payload_digest": "0" * 64,
    "approval": {
        "review_id": context().action_id,
        "decision_id": context().action_id,
        "reviewer_id": "anna",
        "payload_digest": "0" * 64,
        "decided_at": "2025-03-03T12:00:00Z",
    },
}


def test_every_field_is_tried_here() -> None:
    assert CHANGES.keys() | {"signature", "work"} == ActionPublished.model_fields.keys()


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_field_does_not_verify(name: str) -> None:
    changed = ActionPublished.model_validate({**dict(SIGNED), name: CHANGES[name]})
    assert getattr(changed, name) != getattr(SIGNED, name)
    assert not verify(changed, SIGNER.public_key)


def test_the_times_of_the_stage_are_no_part_of_what_is_signed() -> None:
    assert verify(SIGNED.model_copy(update={"work": Work(stage="settle", wall_us=9)}), SIGNER.public_key)


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_of_another_length_is_refused(seed: bytes) -> None:
    with pytest.raises(ValueError, match="32"):
        Ed25519Signer(seed)
