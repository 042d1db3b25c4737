import pytest

from processors.redact import restore
from schemas.actions import AskClarification, BaseAction, Citation, HandToHuman, SendReply
from schemas.envelope import Context
from schemas.errors import Unprocessable
from schemas.requests import SealedVault
from tests import events
from tests.events import VAULT

JANE, MAIL, UNKNOWN = "<PERSON_0000000a>", "<EMAIL_ADDRESS_0000000b>", "<PERSON_0000000c>"


@pytest.fixture
def context() -> Context:
    return events.context()


@pytest.fixture
def sealed(context: Context) -> SealedVault:
    return VAULT.seal(context, {JANE: "Jane \\1 \\g<0> Doe", MAIL: "jane@doe.example"})


def reply(body: str = "Hello", **changes: object) -> SendReply:
    given = {"language": "en", "subject": "Hi", "body": body, "confidence": 0.9}
    return SendReply.model_validate({**given, **changes})


def test_an_original_returns_to_a_field_declared_for_its_type(context: Context, sealed: SealedVault) -> None:
    restored = restore(VAULT, context, sealed, reply(f"Dear {JANE}, dear {JANE}!"))

    assert restored == reply("Dear Jane \\1 \\g<0> Doe, dear Jane \\1 \\g<0> Doe!")


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (reply(f"We wrote to {MAIL}"), reply("We wrote to [withheld]")),
        (reply(subject=f"For {JANE}"), reply(subject="For [withheld]")),
        (
            reply(citations=(Citation(chunk_id="a#1", quote=f"x {JANE}"),)),
            reply(citations=(Citation(chunk_id="a#1", quote="x [withheld]"),)),
        ),
        (
            HandToHuman(queue="general", reason="asked", summary=f"{JANE} wants {MAIL}"),
            HandToHuman(queue="general", reason="asked", summary="[withheld] wants [withheld]"),
        ),
        (
            AskClarification(language="en", question=f"Is it {JANE} or {MAIL}?"),
            AskClarification(language="en", question="Is it Jane \\1 \\g<0> Doe or [withheld]?"),
        ),
    ],
)
def test_elsewhere_it_is_withheld(
    context: Context, sealed: SealedVault, action: BaseAction, expected: BaseAction
) -> None:
    assert restore(VAULT, context, sealed, action) == expected


@pytest.mark.parametrize(
    "action",
    [
        reply(f"Dear {UNKNOWN}"),
        reply(subject=UNKNOWN),
        reply(citations=(Citation(chunk_id="a#1", quote=UNKNOWN),)),
        HandToHuman(queue="general", reason="asked", summary=UNKNOWN),
    ],
)
def test_a_placeholder_nobody_issued_refuses_the_action(
    context: Context, sealed: SealedVault, action: BaseAction
) -> None:
    with pytest.raises(Unprocessable, match="unknown_placeholder"):
        restore(VAULT, context, sealed, action)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Dear PERSON_0000000a!", "Dear [withheld]!"),
        ("Dear <person_0000000A>, dear [PERSON_0000000a]", "Dear <[withheld]>, dear [[withheld]]"),
        ("</PERSON_0000000a>", "</[withheld]>"),
        (f"{JANE}PERSON_0000000a", "Jane \\1 \\g<0> Doe[withheld]"),
        (
            "PERSON_0000000c, IMG_20240115 and xPERSON_0000000a",
            "PERSON_0000000c, IMG_20240115 and xPERSON_0000000a",
        ),
    ],
)
def test_an_issued_placeholder_written_otherwise_is_withheld(
    context: Context, sealed: SealedVault, written: str, read: str
) -> None:
    assert restore(VAULT, context, sealed, reply(written)).body == read


def test_an_original_that_looks_like_a_mangled_placeholder_stays(context: Context) -> None:
    sealed = VAULT.seal(context, {JANE: "EMAIL_ADDRESS_0000000b", MAIL: "jane@doe.example"})

    assert restore(VAULT, context, sealed, reply(f"Dear {JANE}")).body == "Dear EMAIL_ADDRESS_0000000b"


def test_an_original_is_never_searched_for_placeholders(context: Context) -> None:
    sealed = VAULT.seal(context, {JANE: f"I am {MAIL} and {UNKNOWN}", MAIL: "jane@doe.example"})

    assert restore(VAULT, context, sealed, reply(JANE)).body == f"I am {MAIL} and {UNKNOWN}"


def test_what_its_originals_make_too_long_is_refused_without_quoting_them(context: Context) -> None:
    sealed = VAULT.seal(context, {JANE: "canary " * 1000})

    with pytest.raises(Unprocessable, match="restored_invalid") as caught:
        restore(VAULT, context, sealed, reply(JANE))

    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_conversations_vault_opens_for_no_other(context: Context, sealed: SealedVault) -> None:
    elsewhere = context.model_copy(update={"conversation_id": "conv-2"})

    with pytest.raises(Unprocessable, match="forged_placeholder"):
        restore(VAULT, elsewhere, sealed, reply(f"Dear {JANE}"))


def test_an_action_without_placeholders_stays_as_it_is(context: Context) -> None:
    assert restore(VAULT, context, SealedVault(), reply("a < b > c")) == reply("a < b > c")
