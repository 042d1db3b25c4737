"""A service on loopback that answers GET as it is told, and says what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """An HTTP response; what hangs never comes, what is reset ends in the middle."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    length: int | None = None
    hangs: bool = False
    reset: bool = False

    @property
    def raw(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        length = len(body) if self.length is None else self.length
        lines = [f"HTTP/1.1 {self.status} Something", f"content-length: {length}"]
        lines += [f"content-type: {self.content_type}"] if self.content_type else []
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body


NOWHERE = Answer({"error": "SECRET"}, 404)


@dataclass
class Service:
    """The running service.

    Attributes:
        answers: by path and query exactly as received.
        lines, headers: of every request.
        busiest: most requests in work at once.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
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
            await self._answer(reader, writer)
        finally:
            self._busy -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.lines.append(line)
        pairs = (each.partition(":") for each in rest if each)
        self.headers.append({name.lower(): value.strip() for name, _, value in pairs})
        await asyncio.sleep(0)
        answer = self.answers.get(line.split(" ")[1].removeprefix("/v1/"), NOWHERE)
        if answer.hangs:
            await asyncio.Event().wait()
        writer.write(answer.raw)
        await writer.drain()
        if answer.reset:
            writer.transport.abort()


@asynccontextmanager
async def running() -> AsyncIterator[Service]:
    """Run a service on a free port."""
    service = Service()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(service.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    async with server:
        yield service
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
