"""A value that comes in disguise leaves in none: neither as it was written nor as what it stands for."""

import pytest

from schemas.topics import Topic
from schemas.wire import Inbound
from streams.clock import SystemClock
from streams.runtime.contracts import AgentSpec
from tests.e2e.canaries import IN_TEXT, Canary, Haystack, Search
from tests.e2e.disguises import DISGUISES, request
from tests.streams.redact_worker import Worker, redact_spec

MISSED = {
    ("address", "lower case"),
    ("user name", "reversed"),
    ("date of birth", "spaced"),
}
"""What is known to get out: no capital, no postcode in capitals, no @ in front, no month to be read."""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> AgentSpec:
    return redact_spec(tmp_path_factory.mktemp("redact"))


@pytest.mark.parametrize("disguise", DISGUISES)
async def test_a_disguised_value_is_replaced(spec: AgentSpec, disguise: str) -> None:
    missed = {canary.name for canary in IN_TEXT if await gets_out(spec, canary, disguise)}

    assert missed <= {canary for canary, how in MISSED if how == disguise}


async def gets_out(spec: AgentSpec, canary: Canary, disguise: str) -> bool:
    """Tell whether a value is found in what the stage writes, in any form or as it was disguised."""
    message = request(1, canary, disguise).message
    inbound = Inbound(Topic.REQUESTS, 0, 7, None, message.value, (), SystemClock().now())
    worker = await Worker(spec).run(inbound)
    written = DISGUISES[disguise](canary.value)
    as_sent = Canary(canary.name, written, (written,))
    assert worker.written
    assert Search([canary, as_sent]).hits([Haystack("request", message.value or b"")])
    return bool(Search([canary, as_sent]).hits(worker.haystacks()))
