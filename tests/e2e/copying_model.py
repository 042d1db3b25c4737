"""A chat endpoint that puts into its answers whatever placeholder it has ever seen, and some that it made up."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle

_LIKE_A_PLACEHOLDER = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)_([0-9A-Fa-f]{8})(?![0-9A-Za-z])")

_PASSAGE = re.compile(r"^\[[0-9a-f]{32}\] passage .*:\n(.+?[.!?])(?= |$)", re.MULTILINE)

_LAST_TRY = "Correction 2"
"""What the prompt says before the last repair: then it behaves, so that a reply is sent after all."""


@dataclass
class CopyingModel:
    """What was asked and what was answered.

    Attributes:
        prompts: all messages of each call, as text.
        strange: answers with placeholders that the prompt did not show.
    """

    prompts: list[str] = field(default_factory=list)
    strange: int = 0
    _seen: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._ways = cycle((self._own, self._own_as_persons, self._everybodys, self._invented))

    def answer(self, prompt: str) -> str:
        """Return an answer in which placeholders stand; each call goes about it in another way."""
        with self._lock:
            self.prompts.append(prompt)
            shown = [f"<{entity}_{digest}>" for entity, digest in _LIKE_A_PLACEHOLDER.findall(prompt)]
            self._seen += [each for each in shown if each not in self._seen]
            told = (self._own if _LAST_TRY in prompt else next(self._ways))(shown)
            self.strange += bool(set(told) - set(shown))
            return f"Dear {' and '.join(told) or 'customer'}, thank you. {_fact(prompt)}"

    def _own(self, shown: list[str]) -> list[str]:
        return shown[-3:]

    def _own_as_persons(self, shown: list[str]) -> list[str]:
        """Another type in front of an issued digest: would it open a card number in a name's place?"""
        return [f"<PERSON_{each[-9:-1]}>" for each in shown[-3:]]

    def _everybodys(self, shown: list[str]) -> list[str]:
        return self._seen[-12:] + shown[:1]

    def _invented(self, shown: list[str]) -> list[str]:
        return ["<PERSON_0badcafe>", *shown[:1]]


def _fact(prompt: str) -> str:
    """Return the first sentence of the passage shown last, for a reply must rest on one."""
    shown = _PASSAGE.findall(prompt)
    return str(shown[-1]) if shown else "There is nothing to say."


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, model: CopyingModel, *arguments: object) -> None:
        self._model = model
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        content = json.dumps({"text": self._model.answer(_said(asked))})
        body = json.dumps(_completion(content)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def _said(asked: dict[str, list[dict[str, str]]]) -> str:
    return "\n".join(message["content"] for message in asked["messages"])


def _completion(content: str) -> object:
    message = {"role": "assistant", "content": content}
    usage = {"prompt_tokens": 300, "completion_tokens": 20, "total_tokens": 320}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}


@contextmanager
def served(model: CopyingModel) -> Iterator[str]:
    """Serve a model on loopback and return its base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, model))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
