"""What publishers of knowledge type: load a folder, list, delete, and see how the workers' indexes are."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.cli.main import application
from streams.cli.terminal import Exit
from streams.heartbeat import HeartbeatFile, KnowledgeSigns
from streams.runtime.topics import create_topics
from streams.topic_specs import declared_topics
from tests.brokers import Broker

TENANTS = ("cli-one", "cli-two")


def sluicegate(*arguments: str) -> Result:
    return CliRunner().invoke(application("documents"), ["documents", *arguments])


def told(*arguments: str) -> list[dict[str, object]]:
    done = sluicegate(*arguments, "--json")
    assert done.exit_code == Exit.OK, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def acts(rows: Sequence[dict[str, object]]) -> list[tuple[object, object, object]]:
    return [(row["act"], row["tenant"], row["id"]) for row in rows]


def written(
    folder: Path, name: str, text: str, version: int = 1, access: str = "{ roles: [customer] }"
) -> None:
    head = f"document_id: {Path(name).stem}\nversion: {version}\ntitle: T\nlanguage: en\naccess: {access}"
    tenants = f"tenants: [{', '.join(TENANTS)}]"
    (folder / name).write_text(f"---\n{head}\n{tenants}\n---\n{text}\n")


@pytest.fixture
def folder(tmp_path: Path, embedded_broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("SLUICEGATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SLUICEGATE_BROKER__BOOTSTRAP", embedded_broker.bootstrap)
    monkeypatch.setenv("SLUICEGATE_STATE_DIR", str(tmp_path / "state"))
    create_topics(embedded_broker.bootstrap, declared_topics(4), 1)
    found = tmp_path / "knowledge"
    found.mkdir()
    return found


def test_a_folder_is_loaded_listed_pruned_and_deleted(folder: Path) -> None:
    one, two = TENANTS
    written(folder, "a.md", "text")
    written(folder, "b.html", "<p>text</p>", access="{ roles: [agent], principals: [x] }")
    assert acts(told("load", str(folder), "--tenant", one, "--dry-run")) == [
        ("new", one, "a"),
        ("new", one, "b"),
    ]
    assert told("list", "--tenant", one) == []
    assert acts(told("load", str(folder), "--tenant", one)) == [("new", one, "a"), ("new", one, "b")]
    assert [(row["id"], row["readers"]) for row in told("list", "--tenant", one)] == [
        ("a", "customer"),
        ("b", "agent, 1 by name"),
    ]
    (folder / "b.html").unlink()
    written(folder, "a.md", "other")
    (changed, new, gone) = told("load", str(folder), "--prune")
    assert acts([changed, new, gone]) == [("changed", one, "a"), ("new", two, "a"), ("deleted", one, "b")]
    assert changed["remark"] == "version 1 stands for another text than before"
    assert acts(told("load", str(folder))) == [("unchanged", one, "a"), ("unchanged", two, "a")]
    assert acts(told("delete", two, "a")) == [("deleted", two, "a")]
    assert sluicegate("delete", two, "a").exit_code == Exit.NOT_FOUND
    assert told("list", "--tenant", two) == []
    done = sluicegate("load", str(folder), "--tenant", one)
    assert "0 new, 0 changed, 1 unchanged, 0 deleted." in done.output


def test_what_is_no_document_is_named_by_its_file(folder: Path) -> None:
    assert sluicegate("load", str(folder / "absent")).exit_code == Exit.NOT_FOUND
    assert sluicegate("load", str(folder)).exit_code == Exit.USAGE
    (folder / "a.md").write_text("no front matter")
    done = sluicegate("load", str(folder))
    assert done.exit_code == Exit.CONFIGURATION
    assert "a.md" in done.output


@pytest.mark.parametrize(("ready", "code"), [(True, Exit.OK), (False, Exit.FAILED)])
def test_the_workers_say_how_their_indexes_are(folder: Path, ready: bool, code: Exit) -> None:
    assert sluicegate("status").exit_code == Exit.UNAVAILABLE
    signs = KnowledgeSigns(
        ready=ready,
        documents=3,
        passages=5,
        refused={"not_json": 2},
        notes={"version_reused": 1},
        stale_seconds=1.5,
    )
    HeartbeatFile(folder.parent / "state").write((), signs)
    done = sluicegate("status", "--json")
    assert done.exit_code == code
    assert json.loads(done.output) == {"worker": os.getpid(), **signs.model_dump()}
    shown = sluicegate("status").output
    assert "3 documents in 5 passages" in shown
    assert "refused: not_json 2" in shown
    assert "noted: version_reused 1" in shown
