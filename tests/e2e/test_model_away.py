"""The larger model's endpoint is away for a while: what needs it waits in a delay topic and is answered afterwards."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from processors.tasks.shop_support.sample import load as load_sample
from schemas.codec import decode
from schemas.endings import ActionPublished
from schemas.envelope import Tier
from schemas.topics import DELAYS, Topic
from streams.clock import SystemClock
from streams.conservation import Kind
from streams.demo.run import run
from streams.embedded.stack import Stack
from streams.settings import ModelSettings, Settings
from streams.watching import read_to_end

pytestmark = pytest.mark.timeout(240)

REFUSALS = 8
ANSWER = "The battery lasts twelve hours on one charge."
QUESTION = "How long does the battery of the reading lamp last?"


class Upstream(BaseHTTPRequestHandler):
    """Refuses the first calls as a server that is still loading does, then answers every call alike."""

    calls: ClassVar[int] = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        type(self).calls += 1
        self._send(503, {}) if type(self).calls <= REFUSALS else self._send(200, _completion())

    def log_message(self, *_: object) -> None:
        return

    def _send(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _completion() -> object:
    message = {"role": "assistant", "content": json.dumps({"text": ANSWER})}
    usage = {"prompt_tokens": 300, "completion_tokens": 20, "total_tokens": 320}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}


@contextmanager
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _settings(base_url: str, directory: Path) -> Settings:
    model = {"base_url": base_url, "model": "scripted", "provider": "local", "chunks": 1, "priced": "2026-11"}
    prices = {"input_usd_per_million": "1", "output_usd_per_million": "2"}
    return Settings(state_dir=directory, model=ModelSettings.model_validate({**model, **prices}))


def test_a_question_outlives_the_model_s_absence(tmp_path: Path) -> None:
    question = [message for message in load_sample(SystemClock().now()) if QUESTION in str(message.value)]
    assert len(question) == 1

    with upstream() as base_url, Stack(_settings(base_url, tmp_path)) as stack:
        result = run(stack, question, lambda _: None, started=time.monotonic(), timeout=180)
        bootstrap = stack.settings.broker.bootstrap
        actions = [decode(ActionPublished, found) for found in read_to_end(bootstrap, [Topic.ACTIONS])]
        delayed = list(read_to_end(bootstrap, list(DELAYS)))

    assert result.conservation.outcomes() == {Kind.ACTION: 1}
    assert [action.tier for action in actions] == [Tier.LARGE]
    assert delayed, "it waited in a delay topic"
    assert Upstream.calls > REFUSALS
    assert actions[0].usage.output_tokens == 20
