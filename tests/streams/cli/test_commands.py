"""Commands without a line: help, errors and exit codes, and what only describes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner, Result

from schemas.topics import Topic
from streams.cli.main import HOMES, application
from streams.cli.terminal import Exit
from streams.contract import contract_documents
from streams.embedded.broker import free_port
from streams.topology import STAGES
from tests.streams.cli.conftest import Terminal


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def sluicegate(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(application(), list(arguments), input=given)


def commands(of: object, *path: str) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    if isinstance(of, TyperGroup):
        for name, each in of.commands.items():
            yield from commands(each, *path, name)
    elif isinstance(of, TyperCommand):
        yield path, of


def group(*only: str) -> TyperGroup:
    found = get_command(application(*only))
    assert isinstance(found, TyperGroup)
    return found


def test_every_command_has_an_example_that_calls_it() -> None:
    for path, command in commands(group()):
        examples = re.findall(r"Example: `(.+?)`", command.help or "", re.DOTALL)
        assert examples, path
        assert all(f"sluicegate {' '.join(path)}" in example for example in examples), path


def test_every_command_is_found_with_its_module_alone() -> None:
    assert group().commands.keys() == HOMES.keys()
    assert all(name in group(name).commands for name in HOMES)


def test_help_names_every_command_on_a_narrow_terminal() -> None:
    done = sluicegate("--help")
    assert all(re.search(rf"^│ {name} ", done.output, re.MULTILINE) for name in HOMES)
    assert max(map(len, done.output.splitlines())) <= 80


def test_a_mistyped_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICEGATE_BROKER_BOOTSTRAP", "secret-value")
    done = sluicegate("config")
    assert (done.exit_code, done.stderr) == (
        Exit.CONFIGURATION,
        "unknown_setting: SLUICEGATE_BROKER_BOOTSTRAP\n",
    )


def test_the_configuration_can_be_read_back_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICEGATE_STORE__DSN", "http://user:hunter2@127.0.0.1:8123/sluicegate")
    done = sluicegate("config", "--json")
    assert json.loads(done.stdout)["SLUICEGATE_STORE__DSN"] == "********"
    assert "hunter2" not in done.output


def test_the_topology_is_drawn_in_three_ways() -> None:
    assert all(stage.name in sluicegate("topology").stdout for stage in STAGES)
    assert sluicegate("topology", "--mermaid").stdout.startswith("flowchart")
    stages = json.loads(sluicegate("topology", "--json").stdout)
    assert [stage["stage"] for stage in stages] == [stage.name for stage in STAGES]
    assert all(stage["consumes"] and stage["emits"] for stage in stages)


def test_the_contract_is_listed_printed_and_written(directory: Path) -> None:
    names = sluicegate("contract").stdout.split()
    assert names == sorted(contract_documents()) == json.loads(sluicegate("contract", "--json").stdout)
    assert sluicegate("contract", "asyncapi.json").stdout == contract_documents()["asyncapi.json"]
    assert sluicegate("contract", "--write", "out").exit_code == 0
    assert {path.name for path in (directory / "out").iterdir()} == set(names)
    assert sluicegate("contract", "nosuch").exit_code == Exit.NOT_FOUND


VALID = {
    "id": "1",
    "source": "web-chat",
    "tenant": "acme-shop",
    "principal": {"id": "cust-1", "roles": ["customer"]},
    "task": "shop-support",
    "conversation_id": "c-1",
    "text": "Hello",
}
LINE = json.dumps(VALID)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "nothing to publish"),
        ("abc", "not_json: line 1"),
        (f"{LINE}\n\nabc\n", "not_json: line 3"),
        (f'{LINE}\n{{"id": "2"}}\n', "schema_mismatch: line 2: conversation_id:missing"),
        ('{"id": "secret-word"}', "schema_mismatch: the document: conversation_id:missing"),
        ("[1]", "schema_mismatch: the document: model_type"),
    ],
)
def test_what_is_invalid_is_named_by_its_line_and_nothing_goes_out(given: str, told: str) -> None:
    """No broker is there: what is published after all would fail with another code."""
    done = sluicegate("publish", "-", given=given)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert told in done.stderr
    assert "secret-word" not in done.output
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_cannot_be_read_is_named(directory: Path) -> None:
    assert sluicegate("publish", "absent.json").exit_code == Exit.NOT_FOUND
    (directory / "latin.json").write_bytes(b"\xff")
    assert sluicegate("publish", "latin.json").stderr == "not_utf8: latin.json\n"


@pytest.mark.parametrize("check", ["--check", "--no-check"])
def test_stages_topics_are_not_for_publishers(check: str) -> None:
    done = sluicegate("publish", "-", "--topic", "actions", check, given=LINE)
    assert done.exit_code == Exit.USAGE
    assert "requests" in done.stderr


def test_an_unknown_topic_is_answered_with_those_that_exist() -> None:
    done = sluicegate("tail", "nosuch")
    assert done.exit_code == Exit.USAGE
    assert all(str(topic) in done.stderr for topic in Topic)


@pytest.mark.parametrize(
    "arguments",
    [
        ("publish", "-"),
        ("tail", "actions"),
        ("reviews", "list"),
        ("reviews", "show", "3f"),
        ("topics", "create"),
    ],
)
def test_without_a_line_commands_say_what_to_do(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICEGATE_BROKER__BOOTSTRAP", f"127.0.0.1:{free_port()}")
    done = sluicegate(*arguments, given=LINE)
    assert (done.exit_code, done.stdout) == (Exit.UNAVAILABLE, "")
    assert done.stderr.startswith("no_line: nothing listens at 127.0.0.1:")
    assert "sluicegate dev" in done.stderr


@pytest.mark.parametrize("arguments", [("trace", "some-id"), ("query", "SELECT 1"), ("migrate",)])
def test_without_a_store_commands_say_so(arguments: tuple[str, ...]) -> None:
    done = sluicegate(*arguments)
    assert (done.exit_code, done.stdout) == (Exit.CONFIGURATION, "")
    assert done.stderr.startswith("store_missing: ")


def test_a_store_that_was_never_made_is_not_made_by_reading(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICEGATE_STORE__DSN", f"chdb://{directory}/store")
    assert sluicegate("query", "SELECT 1").exit_code == Exit.CONFIGURATION
    assert not (directory / "store").exists()


def test_writing_statements_are_refused_before_any_store_is_asked() -> None:
    done = sluicegate("query", "DROP TABLE actions")
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert done.stderr.startswith("statement_refused: ")


@pytest.mark.parametrize("stages", ["nosuch", ",", "redact,nosuch"])
def test_unknown_stages_end_a_worker_with_a_line(stages: str) -> None:
    done = sluicegate("worker", "--stages", stages)
    assert (done.exit_code, done.stdout) == (Exit.CONFIGURATION, "")
    assert done.stderr.startswith("unknown_stage: ")
    assert "record, delay" in done.stderr


@pytest.mark.parametrize("stages", ["redact", "settle", "record"])
def test_a_missing_part_ends_a_worker_with_a_line(directory: Path, stages: str) -> None:
    done = Terminal(directory)("worker", "--stages", stages)
    assert (done.returncode, done.stdout) == (Exit.CONFIGURATION, "")
    assert re.fullmatch(r"(key|store)_missing: .+\n", done.stderr)


def test_doctor_says_what_is_missing_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICEGATE_BROKER__BOOTSTRAP", f"127.0.0.1:{free_port()}")
    done = sluicegate("doctor")
    assert done.exit_code == Exit.FAILED
    assert "sluicegate dev" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert any(finding["level"] == "missing" for finding in json.loads(sluicegate("doctor", "--json").stdout))
