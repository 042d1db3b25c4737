"""`sluicegate redact` in a pipe, with the model."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest

from streams.cli.terminal import Exit
from tests.streams.cli.conftest import Terminal

SECRET = "jane.canary-5e0c@mail.example"
WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return Terminal(tmp_path_factory.mktemp("redact"))


def lines(*documents: object) -> str:
    return "".join(f"{json.dumps(document)}\n" for document in documents)


def test_lines_become_lines_in_order_without_a_line_running(terminal: Terminal) -> None:
    texts = ["I am Jane Okonkwo.", f"mail {SECRET}", "Where is my parcel?", "\U0001f600 Okonkwo \u00e9"]
    done = terminal("redact", given=lines(*({"id": n, "text": text} for n, text in enumerate(texts))))

    assert (done.returncode, done.stderr) == (Exit.OK, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [0, 1, 2, 3]
    found = [
        [(texts[n][span["start"] : span["end"]], span["entity"]) for span in answer["spans"]]
        for n, answer in enumerate(answers)
    ]
    assert found[0] == [("Jane Okonkwo", "PERSON")]
    assert found[1] == [(SECRET, "EMAIL_ADDRESS")]
    assert found[2] == []
    assert [value for value, _ in found[3]] == ["Okonkwo"]
    assert not any(name in done.stdout for name in ("Jane", "Okonkwo", SECRET))


def test_a_profile_can_be_asked_for(terminal: Terminal) -> None:
    text = "Please ask Quibblethorp, or call +44 20 7946 0958"
    strict = terminal("redact", given=lines({"text": text}))
    patterns = terminal("redact", "--profile", "patterns", "--language", "en", given=lines({"text": text}))

    assert "Quibblethorp" not in strict.stdout
    assert "Quibblethorp" in patterns.stdout
    assert "7946" not in strict.stdout + patterns.stdout


def test_bad_lines_are_answered_in_place_and_by_the_exit_code(terminal: Terminal) -> None:
    given = f'{SECRET}\n{{"id": 1, "text": "ok"}}\n{{"id": 2, "text": ["{SECRET}"]}}\n{"[" * 50_000}\n'
    done = terminal("redact", given=given)

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == Exit.FAILED
    assert [answer.get("error", {}).get("reason") for answer in answers] == [
        "not_json",
        None,
        "no_text",
        "not_json",
    ]
    assert done.stderr == "3 of 4 lines could not be redacted\n"
    assert SECRET not in done.stdout


def test_nothing_in_is_nothing_out(terminal: Terminal) -> None:
    done = terminal("redact", given="\n\n")

    assert (done.returncode, done.stdout, done.stderr) == (Exit.OK, "", "")


def test_an_unknown_profile_is_a_usage_error(terminal: Terminal) -> None:
    done = terminal("redact", "--profile", "lenient", given=lines({"text": SECRET}))

    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert SECRET not in done.stderr


@pytest.mark.parametrize(
    ("redirected", "told"),
    [
        ("<&-", "Bad file descriptor"),
        (">&-", "Bad file descriptor"),
        ("> /dev/full", "No space left on device"),
    ],
)
def test_what_cannot_be_read_or_written_is_said_in_a_line(
    terminal: Terminal, redirected: str, told: str
) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {redirected}', "sh", *terminal.command("redact", "--language", "en")],
        cwd=terminal.directory,
        env=terminal.environment,
        input=lines({"text": SECRET}),
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )

    assert (done.returncode, done.stderr) == (Exit.FAILED, f"standard input or output: {told}\n")


@pytest.fixture
def running(terminal: Terminal) -> Iterator["subprocess.Popen[str]"]:
    # A shell starts what runs in the background deaf to SIGINT; a child inherits that, but no handler.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        terminal.command("redact"),
        cwd=terminal.directory,
        env=terminal.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


def test_a_line_is_answered_before_the_next_one_comes(running: "subprocess.Popen[str]") -> None:
    assert running.stdin is not None
    assert running.stdout is not None
    for number in range(3):
        running.stdin.write(lines({"id": number, "text": SECRET}))
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["id"] == number
    running.stdin.close()
    assert running.wait(WAIT_SECONDS) == Exit.OK


def test_a_reader_that_has_seen_enough_ends_it_quietly(running: "subprocess.Popen[str]") -> None:
    assert running.stdin is not None
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdin.write(lines({"text": SECRET}))
    running.stdin.flush()
    running.stdout.readline()
    running.stdout.close()
    running.stdin.write(lines({"text": SECRET}))
    running.stdin.flush()

    assert running.wait(WAIT_SECONDS) == Exit.OK
    assert running.stderr.read() == ""


def test_an_interruption_shows_nothing_of_the_text(running: "subprocess.Popen[str]") -> None:
    assert running.stdin is not None
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdin.write(lines({"text": SECRET}))
    running.stdin.flush()
    running.stdout.readline()
    running.send_signal(signal.SIGINT)

    assert running.wait(WAIT_SECONDS) != Exit.OK
    told = running.stderr.read()
    assert "Traceback" not in told
    assert SECRET not in told
