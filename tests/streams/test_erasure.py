"""After a data subject's key was destroyed, no stage writes its values; what needs them ends, and nothing waits."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import processors.tasks.shop_support as shop
from processors.enforce import Enforce
from processors.policy import load_engine
from processors.redact.sealing.key_operations import destroy_subject, destroy_tenant
from processors.redact.sealing.keyring import Keyring
from processors.redact.sealing.vault import AesVault
from processors.settle import Settle
from processors.signing import Ed25519Signer
from schemas.codec import decode
from schemas.endings import DeadLettered
from schemas.errors import SluicegateError, Unprocessable
from schemas.ports import FixedClock
from schemas.proposals import Validated
from schemas.topics import DELAYS, Topic
from schemas.verdicts import Judged, Ruling, Verdict
from schemas.wire import Inbound, Outbound
from sinks.keys.memory import MemoryKeyStore
from streams.mounting import MountedSettle
from streams.runtime.contracts import Failure
from streams.topology import stage
from tests.events import MOMENT, REGISTRY, TASK, context, decision, inbound, reply, validated
from tests.vaults import roots

CANARY = "Q7zXcanaryW9k"
NAME = "<PERSON_0000000a>"
POLICY = load_engine(Path(shop.__path__[0]) / "policy.cedar", ("orders.read",))


class Line:
    """Enforce and settle with a vault of their own, and what settle has in hand."""

    def __init__(self) -> None:
        self.keyring = Keyring(MemoryKeyStore(), roots())
        self.vault = AesVault(self.keyring)
        self.sealed = self.vault.seal(context(), {NAME: CANARY})
        self.enforce = Enforce(POLICY, self.vault)
        settle = Settle({TASK.name: TASK}, REGISTRY, POLICY, self.vault, Ed25519Signer(bytes(32)))
        self.settle = MountedSettle(stage("settle"), settle, FixedClock(MOMENT))
        self.docket = self.settle.build(())

    def validated(self, body: str) -> Validated:
        return validated(reply(body), vault=self.sealed)

    def judged(self, body: str, ruling: Ruling = Ruling.ALLOW) -> Judged:
        event = self.validated(body)
        digest = self.vault.digest(event.context, event.action, event.vault)
        verdict = Verdict(ruling=ruling, rules=("some-rule",), policy_version="v1", payload_digest=digest)
        return Judged.model_validate({**dict(event), "verdict": verdict})

    def destroy(self) -> None:
        assert destroy_subject(self.keyring, "acme-shop", "cust-1", "ann") == 1

    def settled(self, message: Inbound) -> tuple[list[Outbound], str]:
        """Return what the settle loop would write, and why it could not do better."""
        try:
            return list(self.settle.process(self.docket, message)), ""
        except SluicegateError as error:
            failure = Failure(error.reason, error.detail, type(error).__name__, error.retryable, attempts=1)
            return list(self.settle.bury(self.docket, message, failure)), error.reason


def tells_nothing(line: Line, written: Iterable[Outbound]) -> bool:
    """Whether neither the value nor its ciphertext is in what was written."""
    forms = [CANARY.encode(), base64.b64encode(CANARY.encode())[:12], CANARY[::-1].encode()]
    forms += [value.ciphertext.encode() for value in line.sealed.values]
    return not any(form in (record.value or b"") for record in written for form in forms)


def endings(written: Iterable[Outbound]) -> list[str]:
    return [record.topic for record in written if record.topic != Topic.STATUSES]


def letter(written: Iterable[Outbound]) -> DeadLettered:
    (found,) = [record for record in written if record.topic == Topic.DEAD_LETTERS]
    return decode(DeadLettered, Inbound(found.topic, 0, 0, found.key, found.value, found.headers, MOMENT))


def test_before_it_the_value_is_published() -> None:
    line = Line()
    written, _ = line.settled(inbound(line.judged(f"Dear {NAME}")))
    assert endings(written) == [Topic.ACTIONS]
    assert not tells_nothing(line, written)


async def test_what_was_allowed_but_needs_the_value_becomes_a_dead_letter() -> None:
    line = Line()
    event = line.judged(f"Dear {NAME}")
    line.destroy()

    written, reason = line.settled(inbound(event))

    assert reason == "vault_key_destroyed"
    assert endings(written) == [Topic.DEAD_LETTERS]
    assert tells_nothing(line, written)
    ended = letter(written)
    assert (ended.reason, ended.retryable, ended.stage) == ("vault_key_destroyed", False, "settle")
    again, _ = line.settled(inbound(event, offset=8))
    assert Topic.ACTIONS not in endings(again)
    with pytest.raises(Unprocessable, match="vault_key_destroyed"):
        await line.enforce(line.validated(f"Dear {NAME}"), line.enforce.build(()))


def test_an_approval_does_not_bring_the_value_back_and_ends_its_review_at_once() -> None:
    line = Line()
    event = line.judged(f"Dear {NAME}", Ruling.REVIEW)
    opened, _ = line.settled(inbound(event))
    assert endings(opened) == [Topic.REVIEWS]
    (review,) = line.docket.waiting.values()
    line.destroy()

    decided, reason = line.settled(inbound(decision(review)))
    expired = list(line.settle.tick(line.docket, review.expires_at + timedelta(seconds=1)))

    assert (reason, endings(decided), endings(expired)) == ("", [Topic.DEAD_LETTERS], [])
    assert tells_nothing(line, decided)
    ended = letter(decided)
    assert (ended.context, ended.review_id) == (review.context, review.review_id)
    assert (ended.reason, ended.stage, ended.retryable) == ("vault_key_destroyed", "settle", False)
    again, _ = line.settled(inbound(decision(review), offset=8))
    assert endings(again) == [Topic.AUDIT]


def test_a_refusal_ends_the_review_of_erased_values_too() -> None:
    line = Line()
    line.settled(inbound(line.judged(f"Dear {NAME}", Ruling.REVIEW)))
    (review,) = line.docket.waiting.values()
    line.destroy()

    decided, _ = line.settled(inbound(decision(review, decision="refuse")))

    assert (letter(decided).reason, letter(decided).review_id) == ("review_refused", review.review_id)
    assert line.docket.waiting == {}


def test_a_key_store_that_is_away_at_an_approval_does_not_end_the_review() -> None:
    line = Line()
    line.settled(inbound(line.judged(f"Dear {NAME}", Ruling.REVIEW)))
    (review,) = line.docket.waiting.values()
    elsewhere = Line()  # another store, which never had the key
    elsewhere.docket.add(review)

    _, reason = elsewhere.settled(inbound(decision(review)))

    assert reason == "vault_key_missing"
    assert [*elsewhere.docket.waiting] == [review.review_id]


def test_an_action_without_the_value_goes_out() -> None:
    line = Line()
    event = line.judged("We are looking into it.")
    line.destroy()
    written, _ = line.settled(inbound(event))
    assert endings(written) == [Topic.ACTIONS]
    assert tells_nothing(line, written)


@pytest.mark.parametrize("body", [f"Dear {NAME}", "We are looking into it."])
def test_of_a_destroyed_tenant_nothing_goes_out(body: str) -> None:
    line = Line()
    event = line.judged(body)
    destroy_tenant(line.keyring.store, "acme-shop", "ann")
    written, reason = line.settled(inbound(event))
    assert (endings(written), reason) == ([Topic.DEAD_LETTERS], "vault_key_destroyed")
    assert tells_nothing(line, written)


def test_who_comes_back_does_not_open_what_was() -> None:
    line = Line()
    event = line.judged(f"Dear {NAME}")
    line.destroy()
    later = context(received_at=datetime.now(UTC) + timedelta(seconds=1))
    back = line.vault.seal(later, {NAME: "another"})
    assert line.vault.open(later, back, NAME) == "another"
    written, reason = line.settled(inbound(event))
    assert (endings(written), reason) == ([Topic.DEAD_LETTERS], "vault_key_destroyed")


def test_a_key_store_that_is_only_away_makes_it_wait() -> None:
    line = Line()
    event = line.judged(f"Dear {NAME}")
    elsewhere = Line()  # another store, which never had the key
    written, reason = elsewhere.settled(inbound(event))
    assert reason == "vault_key_missing"
    assert endings(written)[0] in DELAYS
    assert len(endings(written)) == 1


def test_what_is_looked_for_would_be_found() -> None:
    line = Line()
    for value in (
        CANARY,
        CANARY[::-1],
        base64.b64encode(CANARY.encode()).decode(),
        line.sealed.values[0].ciphertext,
    ):
        assert not tells_nothing(line, [Outbound("t", None, f"x {value} y".encode(), ())])
