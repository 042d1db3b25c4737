"""What a worker does about a part that is not there."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from processors.tasks.shop_support.tools import SHOP_TOOL_SPECS, Availability, AvailabilityService
from schemas.errors import Fatal, Retryable
from schemas.ports import Profile, Span
from schemas.tasks import RedactionSpec, TaskSpec
from streams.deferred import DeferredDetector
from streams.settings import Settings, ToolSettings
from streams.wiring import Workshop
from tests.events import TASK


class Failing:
    """A detector that fails at every use."""

    version = "failing"

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def detect(
        self, texts: Sequence[str], language: str, profile: Profile = Profile.STRICT
    ) -> list[list[Span]]:
        raise self.error


def missing() -> Failing:
    raise Fatal("model_missing", "a package is not installed")


def task(name: str, spec: RedactionSpec) -> TaskSpec:
    return TASK.model_copy(update={"name": name, "redaction": spec})


HOLD, REDACT = RedactionSpec(), RedactionSpec(on_failure="redact")


def workshop(detector: Failing | DeferredDetector, *specs: RedactionSpec) -> Workshop:
    made = Workshop(Settings())
    tasks = {str(number): task(f"task-{number}", spec) for number, spec in enumerate(specs)}
    vars(made).update(detector=detector, specs=tasks)
    return made


async def test_a_worker_whose_model_is_missing_goes_on_where_no_task_holds_texts_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await workshop(DeferredDetector(missing), REDACT, REDACT).warm_up()

    assert "model_missing: every text will be redacted whole" in caplog.text


@pytest.mark.parametrize("specs", [(HOLD,), (REDACT, HOLD)])
async def test_it_ends_where_one_does(specs: tuple[RedactionSpec, ...]) -> None:
    with pytest.raises(Fatal, match="model_missing"):
        await workshop(DeferredDetector(missing), *specs).warm_up()


@pytest.mark.parametrize("spec", [HOLD, REDACT])
async def test_what_may_pass_is_left_to_the_first_request(spec: RedactionSpec) -> None:
    await workshop(Failing(Retryable("detector_failed")), spec).warm_up()


async def test_stock_is_asked_of_its_own_service_where_there_is_one() -> None:
    service = ToolSettings(stock_url="http://127.0.0.1:9/v1/", stock_token=SecretStr("not-to-be-seen"))
    plain, served = Workshop(Settings()), Workshop(Settings(tools=service))

    assert isinstance(plain.tools["availability"], Availability)
    asked = served.tools["availability"]
    assert isinstance(asked, AvailabilityService)
    assert "not-to-be-seen" not in repr(asked)
    await served.close()


@pytest.mark.parametrize("url", ["stock.example", "http://ada:pw@stock.example", "http://stock.example/?a=b"])
def test_the_address_of_a_service_is_host_port_and_path(url: str) -> None:
    with pytest.raises(ValidationError):
        ToolSettings(stock_url=url)


def test_the_shipped_task_names_tools_that_exist() -> None:
    made = Workshop(Settings())
    assert set(made.specs["shop-support"].tools) == made.tools.keys()
    assert tuple(tool.spec for tool in made.tools.values()) == SHOP_TOOL_SPECS


@pytest.mark.parametrize("stage", ["validate", "enforce", "escalate"])
def test_only_ground_holds_what_reads_records(tmp_path: Path, stage: str) -> None:
    made = Workshop(Settings(state_dir=tmp_path))
    with suppress(Fatal):  # keys and the like that this stage lacks here
        made.processor(stage)
    assert "tools" not in vars(made)
