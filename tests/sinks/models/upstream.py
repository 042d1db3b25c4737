"""A chat endpoint on loopback that behaves, and misbehaves, as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import JsonValue


@dataclass(frozen=True)
class Reply:
    """Bytes to send; afterwards the connection is closed, or reset, or nothing more happens for as long as it lasts."""

    raw: bytes = b""
    reset: bool = False
    hang: bool = False


HANG = Reply(hang=True)
RESET = Reply(reset=True)
Document = dict[str, JsonValue]


def response(
    body: bytes | JsonValue = b"", status: int = 200, length: int | None = None, **headers: str
) -> Reply:
    """Return a whole HTTP response; `length` is a content length that may lie."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Something", f"content-length: {len(raw) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return Reply("\r\n".join([*lines, "connection: close", "", ""]).encode() + raw)


def chat(
    content: JsonValue = '{"text": "Fine."}', finish: str | None = "stop", **message: JsonValue
) -> Document:
    """Return the document of a chat completion."""
    choice: Document = {"index": 0, "finish_reason": finish, "message": {"content": content, **message}}
    usage: Document = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 40},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    return {"object": "chat.completion", "choices": [choice], "usage": usage}


def answering(content: JsonValue = '{"text": "Fine."}') -> Reply:
    """Return a completion with this content."""
    return response(chat(content))


def failing(status: int, code: str = "some_code", **headers: str) -> Reply:
    """Return an error response in OpenAI's form."""
    return response({"error": {"message": "SECRET", "type": code, "code": code}}, status, None, **headers)


@dataclass(frozen=True)
class Received:
    """A request as the endpoint saw it."""

    line: str
    headers: dict[str, str]
    body: Document


@dataclass
class Upstream:
    """The running endpoint.

    Attributes:
        replies: what to answer, in order; the last is repeated.
        arrived: set when the first request is in.
        busiest: most requests that were in work at once.
    """

    replies: list[Reply]
    received: list[Received] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    busiest: int = 0
    _busy: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        try:
            self.received.append(await _request(reader))
            self.arrived.set()
            await asyncio.sleep(0)
            await self._answer(writer)
        finally:
            self._busy -= 1
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        writer.write(reply.raw)
        await writer.drain()
        if reply.hang:
            await asyncio.Event().wait()
        if reply.reset:
            writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers["content-length"]))
    return Received(head[0], headers, json.loads(body))


@asynccontextmanager
async def upstream(replies: Iterable[Reply]) -> AsyncIterator[Upstream]:
    """Run an endpoint on a free port."""
    running = Upstream(list(replies))
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(running.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    async with server:
        yield running
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
