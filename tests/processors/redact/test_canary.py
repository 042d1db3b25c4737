"""No exception that leaves the stage carries anything a requester wrote, whichever part fails."""

import logging
import traceback
from collections.abc import Callable

import pytest

from processors.redact import (
    PatternDetector,
    identifiers,
    intake,
    language,
    placeholders,
    propagation,
    redaction,
    signals,
)
from processors.redact import stage as stage_module
from processors.redact.rules import addresses, contacts, names, numbers, secrets
from processors.redact.stage import Redact
from schemas.errors import Retryable, SluicegateError, Unprocessable
from schemas.wire import Inbound
from tests.processors.redact.samples import VAULT, message, published, rendered, stage

CANARY = "canary-5e0c@mail.example"
REVERSED = CANARY[::-1]

INNER_PARTS: list[tuple[object, str]] = [
    (intake, "read"),
    (intake, "describe"),
    (intake, "is_opaque"),
    (language, "detect"),
    (redaction, "split"),
    (redaction, "merge"),
    (stage_module, "Content"),
    (stage_module, "Context"),
    (identifiers, "find"),
    (identifiers, "keep"),
    (identifiers, "collect"),
    (propagation, "terms"),
    (propagation, "find"),
    (placeholders, "canonical"),
    (signals, "find"),
    (addresses, "find"),
    (contacts, "find"),
    (names, "find"),
    (numbers, "find"),
    (secrets, "find"),
    (PatternDetector, "scan"),
    (PatternDetector, "detect"),
    (type(VAULT), "placeholder"),
    (type(VAULT), "seal"),
]


def failing(error: BaseException) -> Callable[..., object]:
    def fail(*args: object, **kwargs: object) -> object:
        error.__context__ = error.__cause__ = KeyError(CANARY)
        raise error

    return fail


def personal() -> Inbound:
    return published(
        text=f"mail {CANARY}, order AB-123456",
        fields={"note": CANARY},
        turns=[{"role": "requester", "text": CANARY}],
    )


async def failure(made: Redact, inbound: Inbound) -> SluicegateError:
    with pytest.raises(SluicegateError) as caught:
        await made(inbound)
    return caught.value


def assert_silent(error: SluicegateError) -> None:
    shown = rendered([error]) + "".join(traceback.format_exception(error))
    assert CANARY not in shown
    assert REVERSED not in shown
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("where", "name"), INNER_PARTS, ids=lambda part: getattr(part, "__name__", str(part))
)
async def test_what_an_inner_part_raises_stays_inside(
    where: object, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    inbound = published(task=CANARY) if name == "describe" else personal()
    monkeypatch.setattr(where, name, failing(ValueError(f"cannot use {CANARY}")))
    with caplog.at_level(logging.DEBUG):
        error = await failure(stage(), inbound)

    assert isinstance(error, Retryable)
    assert error.reason in {"redaction_failed", "detector_failed"}
    assert_silent(error)
    assert CANARY not in caplog.text


async def test_an_error_raised_on_purpose_loses_what_led_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        PatternDetector, "detect", failing(Retryable("detector_failed", retry_after_seconds=3))
    )

    error = await failure(stage(), personal())

    assert (error.reason, getattr(error, "retry_after_seconds", None)) == ("detector_failed", 3)
    assert_silent(error)


@pytest.mark.parametrize(
    "inbound",
    [
        message(f'{{"text": "{CANARY}"'.encode()),
        message(f'"{CANARY}"'.encode()),
        message(CANARY.encode("utf-16")),
        published(text=[CANARY]),
        published(priority=CANARY),
        published(fields={"deep": {CANARY: CANARY}}),
        published(deadline=CANARY),
        published(id=CANARY),
        published(source=CANARY.replace("@", "/")),
        published(**{CANARY: CANARY}),
        published(text=f"{CANARY}\ud800"),
    ],
)
async def test_a_refusal_says_nothing_of_what_it_refused(inbound: Inbound) -> None:
    error = await failure(stage(), inbound)

    assert isinstance(error, Unprocessable)
    assert_silent(error)
    assert CANARY.partition("@")[0] not in rendered([error])
