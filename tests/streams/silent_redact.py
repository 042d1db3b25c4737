"""Redacts in a fresh process that may open no socket and logs all it can: `python -m tests.streams.silent_redact FOLDER`.

Prints as JSON what was attempted, what was logged, and what became of the texts.
"""

import asyncio
import json
import logging
import sys
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path

_FORBIDDEN = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.getnameinfo",
        "socket.sendmsg",
        "socket.sendto",
        "urllib.Request",
        "http.client.connect",
        "ftplib.connect",
        "subprocess.Popen",
        "os.system",
        "os.posix_spawn",
        "os.exec",
    }
)
_PROBE = ("::1", 0)


@dataclass
class Seen:
    """What a process did.

    Attributes:
        attempts: events of the interpreter's audit that mean a socket or another process.
        control: the same for one attempt made on purpose.
        probes: sockets bound to no more than the loopback interface, as an HTTP library does when it is imported to
            learn whether there is IPv6; nothing is sent by that.
        redacted: what the stage wrote, by topic.
    """

    attempts: list[str] = field(default_factory=list)
    control: list[str] = field(default_factory=list)
    probes: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    redacted: list[str] = field(default_factory=list)

    def audit(self, event: str, details: tuple[object, ...]) -> None:
        """Note and refuse whatever would reach out."""
        if event == "socket.bind" and details[1:] == (_PROBE,):
            self.probes.append(event)
        elif event in _FORBIDDEN:
            self.attempts.append(event)
            raise PermissionError(event)


class _Capture(logging.Handler):
    def __init__(self, seen: Seen) -> None:
        super().__init__(logging.NOTSET)
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        self._seen.logged.append(repr((record.name, record.getMessage(), record.args, record.exc_info)))


def main(folder: Path) -> None:
    """Import, make and use everything below redact with the interpreter's audit on."""
    seen = Seen()
    sys.addaudithook(seen.audit)
    logging.basicConfig(level=logging.DEBUG, handlers=[_Capture(seen)])
    logging.captureWarnings(capture=True)
    warnings.simplefilter("always")
    asyncio.run(_redact(seen, folder))
    unasked, seen.attempts = seen.attempts, []
    _reach_out()
    seen.attempts, seen.control = unasked, seen.attempts
    print(json.dumps(asdict(seen)))


async def _redact(seen: Seen, folder: Path) -> None:
    from tests.streams.redact_worker import Worker, redact_spec, requests  # noqa: PLC0415 - audited

    worker = Worker(redact_spec(folder))
    for logger in list(logging.root.manager.loggerDict):
        logging.getLogger(logger).disabled = False
    await worker.run(*requests())
    seen.redacted += [output.topic for output in worker.written]


def _reach_out() -> None:
    """Show that an attempt would have been seen."""
    import socket  # noqa: PLC0415

    with socket.socket() as made:
        try:
            made.connect(("127.0.0.1", 9))
        except PermissionError:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
