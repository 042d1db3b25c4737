import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import psutil
import pytest

from processors.escalate import Escalate
from processors.validate import Validate
from schemas.actions import SendReply
from schemas.envelope import advance
from schemas.errors import Fatal
from schemas.ports import FixedClock
from schemas.proposals import Escalated, Validated
from schemas.requests import Content
from sinks.models.openai_compatible import OpenAICompatible
from sinks.models.prices import ConfiguredPrice
from streams.embedded import model as embedded
from streams.embedded.model import EmbeddedModel
from tests.events import CLASSIFICATION, MOMENT, TASK, evidence, grounded

MISSING = EmbeddedModel.available()
needs_model = pytest.mark.skipif(MISSING is not None, reason=MISSING or "")


def accepts(address: str) -> bool:
    port = int(address.rpartition(":")[2].partition("/")[0])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def status(model: EmbeddedModel, path: str, key: str) -> int:
    host = model.base_url.removeprefix("http://").removesuffix("/v1")
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request("GET", path, headers={"authorization": f"Bearer {key}"})
        return connection.getresponse().status
    finally:
        connection.close()


@needs_model
def test_it_serves_on_loopback_to_those_who_hold_its_key(tmp_path: Path) -> None:
    with EmbeddedModel(tmp_path) as model:
        assert model.pid is not None
        connections = psutil.Process(model.pid).net_connections("inet")
        assert {found.laddr.ip for found in connections if found.status == psutil.CONN_LISTEN} == {
            "127.0.0.1"
        }
        assert status(model, "/v1/models", model.api_key) == http.client.OK
        assert status(model, "/v1/models", "another") == http.client.UNAUTHORIZED
        assert status(model, "/v1/models", "") == http.client.UNAUTHORIZED


@needs_model
def test_its_key_is_new_each_time_and_in_no_argument_or_log(tmp_path: Path) -> None:
    with EmbeddedModel(tmp_path) as model:
        assert model.pid is not None
        arguments = " ".join(psutil.Process(model.pid).cmdline())
    assert model.api_key not in arguments + model.log.read_text()
    assert model.api_key != EmbeddedModel(tmp_path).api_key


@needs_model
def test_it_ends_with_its_context(tmp_path: Path) -> None:
    with EmbeddedModel(tmp_path) as model:
        alive_within, address = model.alive, model.base_url
        assert accepts(address)
    assert (alive_within, model.alive) == (True, False)
    assert not accepts(address)


@needs_model
def test_it_ends_with_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\n"
        "from streams.embedded.model import EmbeddedModel\n"
        "model = EmbeddedModel(pathlib.Path(sys.argv[1])); model.start()\n"
        "print(model.base_url, flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        address = parent.stdout.readline().decode().strip()
        assert accepts(address)
        os.kill(parent.pid, signal.SIGKILL)
    limit = time.monotonic() + 10
    while accepts(address) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not accepts(address)


@needs_model
def test_clients_are_told_its_dialect(tmp_path: Path) -> None:
    with EmbeddedModel(tmp_path) as model:
        endpoint = model.endpoint()
    assert (endpoint.concurrency, endpoint.length_keywords) == (1, True)
    assert endpoint.api_key is not None
    assert endpoint.api_key.get_secret_value() == model.api_key


@pytest.mark.parametrize("package", [embedded.RUNTIME, embedded.WEIGHTS])
def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    found = {embedded.RUNTIME: object(), embedded.WEIGHTS: None, package: None}
    monkeypatch.setattr(embedded, "find_spec", found.get)
    assert package in (EmbeddedModel.available() or "")
    with pytest.raises(Fatal, match=f"embedded_model_missing: the package {package} is not installed"):
        EmbeddedModel(tmp_path).start()


@pytest.mark.parametrize("end", ["import sys; sys.exit(3)", "print('http://127.0.0.1:1')"])
def test_a_model_that_ends_is_reported_and_reaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(EmbeddedModel, "available", staticmethod(lambda: None))
    monkeypatch.setattr(embedded, "weights", lambda: tmp_path / "no.gguf")
    monkeypatch.setattr(EmbeddedModel, "_command", lambda *_: [sys.executable, "-c", end])
    model = EmbeddedModel(tmp_path)
    with pytest.raises(Fatal, match="embedded_model_failed: it did not answer; see model"):
        model.start()
    assert (model.alive, model.pid) == (False, None)


@needs_model
def test_weights_that_are_none_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model")
    monkeypatch.setattr(embedded, "weights", lambda: broken)
    with pytest.raises(Fatal, match="embedded_model_failed"):
        EmbeddedModel(tmp_path).start()


def test_a_model_that_never_says_where_it_is_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmbeddedModel, "available", staticmethod(lambda: None))
    monkeypatch.setattr(embedded, "weights", lambda: tmp_path / "no.gguf")
    monkeypatch.setattr(embedded, "READY_SECONDS", 0.2)
    silent = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(EmbeddedModel, "_command", lambda *_: silent)
    model = EmbeddedModel(tmp_path)
    with pytest.raises(Fatal, match="embedded_model_failed"):
        model.start()
    assert not model.alive


@needs_model
async def test_it_drafts_a_reply_that_passes_validation(tmp_path: Path) -> None:
    clock = FixedClock(MOMENT)
    price = ConfiguredPrice(input=Decimal("0.1"), output=Decimal("0.4"), dated="2026-11")
    event = advance(
        Escalated,
        grounded(content=Content(text="How long may I keep an article?", redaction_version="test-1")),
        evidence=evidence(),
        classification=CLASSIFICATION,
        chosen_type="send_reply",
        reason="low_confidence",
    )
    with EmbeddedModel(tmp_path) as running:
        async with OpenAICompatible(running.endpoint(), price, clock) as model:
            proposed = await Escalate({TASK.name: TASK}, model, clock)(event)
    validated = await Validate({TASK.name: TASK}, clock)(proposed)
    assert isinstance(validated, Validated)
    assert isinstance(validated.action, SendReply)
    assert proposed.work.model_calls[0].status == "ok"
    assert not proposed.work.model_calls[0].estimated
