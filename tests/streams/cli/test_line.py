"""What each user does with a running line, and with what it leaves behind. One line for the whole module."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import psutil
import pytest

from processors.signing import Ed25519Signer, verify
from schemas.endings import ActionPublished
from streams.cli.terminal import Exit
from streams.embedded.tether import tethered
from streams.keys import read_key
from streams.topology import STAGES
from tests.streams.cli.conftest import STOP_SECONDS, Dev, Terminal

pytestmark = pytest.mark.timeout(400)

Document = dict[str, object]

REFUND = "I'd like a refund for order AC-100103, the bed set has the wrong colour."
QUESTION = "Where is my order AC-100102?"


def request(identity: str, text: str = QUESTION, **changes: object) -> Document:
    given = {
        "id": identity,
        "source": "web-chat",
        "tenant": "acme-shop",
        "principal": {"id": "cust-1001", "roles": ["customer"]},
        "task": "shop-support",
        "conversation_id": f"conv-{identity}",
        "text": text,
    }
    return {**given, **changes}


def at(document: object, path: str) -> object:
    for name in path.split("."):
        document = cast("Document", document).get(name) if isinstance(document, dict) else None
    return document


def those(documents: Sequence[Document], path: str, wanted: object) -> list[Document]:
    return [document for document in documents if at(document, path) == wanted]


@pytest.fixture(scope="module")
def terminal(dev: Dev) -> Terminal:
    return dev.terminal


@pytest.fixture(scope="module")
def answered(terminal: Terminal) -> Document:
    """The action that answers a question."""
    done = terminal("publish", "-", given=json.dumps(request("question-1"), indent=2))
    assert (done.returncode, done.stderr) == (0, "")
    wanted = "value.context.source_id"
    terminal.until(lambda found: bool(those(found, wanted, "question-1")), "tail", "settlements")
    found = terminal.until(lambda found: bool(those(found, wanted, "question-1")), "tail", "actions")
    return those(found, wanted, "question-1")[0]


def test_dev_says_when_it_is_ready_and_how_to_go_on(dev: Dev) -> None:
    assert "Ready after" in dev.greeting
    assert f"{len(STAGES)} stages" in dev.greeting
    assert "sluicegate publish FILE" in dev.greeting
    assert max(map(len, dev.greeting.splitlines())) <= 120


def test_publishing_says_where_each_request_stands(terminal: Terminal) -> None:
    lines = "\n".join(json.dumps(request(f"lines-{number}")) for number in range(3))
    (terminal.directory / "requests.jsonl").write_text(f"{lines}\n\n")
    placed = terminal.documents("publish", "requests.jsonl")
    assert [document["id"] for document in placed] == ["lines-0", "lines-1", "lines-2"]
    stand = {(found["partition"], found["offset"]) for found in terminal.documents("tail", "requests")}
    assert {(document["partition"], document["offset"]) for document in placed} <= stand


def test_an_action_is_signed_and_says_what_it_rests_on(terminal: Terminal, answered: Document) -> None:
    action = ActionPublished.model_validate(answered["value"])
    key = read_key(terminal.directory / ".sluicegate" / "keys" / "signing.key", "signing")
    assert verify(action, Ed25519Signer(key).public_key)
    assert action.rules
    assert dict(cast("dict[str, str]", answered["headers"]))["ce_subject"] == str(action.context.request_id)


def test_the_publisher_learns_what_became_of_its_request(terminal: Terminal, answered: Document) -> None:
    wanted = those(terminal.documents("tail", "statuses"), "value.source_id", "question-1")
    assert [at(found, "value.state") for found in wanted] == ["acted"]
    assert at(wanted[0], "value.action_id") == at(answered, "value.id")


def test_tail_shows_people_one_line_a_record(terminal: Terminal, answered: Document) -> None:
    done = terminal("tail", "actions")
    (line,) = [line for line in done.stdout.splitlines() if "question-1" in line]
    assert str(at(answered, "value.id")) in line
    assert "send_reply" in line


def test_tail_stops_at_its_limit_even_when_it_follows(terminal: Terminal, answered: Document) -> None:
    done = terminal("tail", "requests.redacted", "--follow", "--limit", "1")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)


def test_every_topic_can_be_tailed(terminal: Terminal, answered: Document) -> None:
    for topic in (
        "requests.admitted",
        "requests.grounded",
        "proposals",
        "verdicts",
        "settlements",
        "delay.2",
    ):
        done = terminal("tail", topic)
        assert (done.returncode, done.stderr) == (0, ""), topic
        assert ("question-1" in done.stdout) is not topic.startswith("delay"), topic


@pytest.mark.parametrize("named_by", ["source_id", "request_id", "action_id"])
def test_trace_tells_the_story_by_any_id(terminal: Terminal, answered: Document, named_by: str) -> None:
    identity = {
        "source_id": "question-1",
        "request_id": str(at(answered, "value.context.request_id")),
        "action_id": str(at(answered, "value.id")),
    }[named_by]
    terminal.until(lambda found: bool(found[0]["acted"]), "query", _ACTED)
    done = terminal("trace", identity)
    assert done.returncode == 0, done.stderr
    assert QUESTION in done.stdout
    assert all(stage.name in done.stdout for stage in STAGES if stage.name != "escalate")
    assert re.search(r"ended +acted \(send_reply\)", done.stdout)
    assert max(map(len, done.stdout.splitlines())) <= 80


_ACTED = "SELECT countIf(source_id = 'question-1' AND outcome = 'acted') AS acted FROM v_request_outcomes"


def test_analysts_ask_in_sql(terminal: Terminal, answered: Document) -> None:
    terminal.until(lambda found: bool(found[0]["acted"]), "query", _ACTED)
    done = terminal("query", "SELECT stage, count() AS events FROM stage_events GROUP BY stage")
    assert (done.returncode, done.stderr) == (0, "")
    assert "settle" in done.stdout
    assert terminal("query", "SELECT 1 WHERE 0").stdout == "no rows\n"


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT count() FROM nowhere", "nowhere"),
        ("DROP TABLE actions", "only SELECT"),
        ("INSERT INTO actions VALUES (1)", "only SELECT"),
        ("SELECT * FROM file('/etc/passwd')", "a function that reaches outside the store"),
    ],
)
def test_what_may_not_be_asked_is_refused_in_a_line(terminal: Terminal, sql: str, told: str) -> None:
    done = terminal("query", sql)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert terminal("query", "SELECT count() FROM actions").returncode == 0


def opened(terminal: Terminal, identity: str) -> str:
    """Publish a refund that needs a person, and return its review."""
    assert terminal("publish", "-", given=json.dumps(request(identity, REFUND))).returncode == 0
    found = terminal.until(lambda found: bool(those(found, "source_id", identity)), "reviews", "list")
    return str(those(found, "source_id", identity)[0]["review_id"])


def test_an_approved_refund_becomes_an_action_with_its_approval(terminal: Terminal) -> None:
    review = opened(terminal, "refund-approved")
    shown = terminal("reviews", "show", review[:8])
    assert shown.returncode == 0, shown.stderr
    for told in (REFUND, "refund-over-50-needs-review", "amount: 119.00", "get_order(AC-100103): ok"):
        assert told in shown.stdout
    listed = terminal("reviews", "list").stdout
    assert review[:8] in listed
    assert max(map(len, listed.splitlines())) <= 80

    (approved,) = terminal.documents("reviews", "approve", review[:8], "--as", "reviewer-anna")
    assert at(approved, "outcome.kind") == "action"
    (action,) = those(terminal.documents("tail", "actions"), "value.approval.review_id", review)
    key = read_key(terminal.directory / ".sluicegate" / "keys" / "signing.key", "signing")
    published = ActionPublished.model_validate(action["value"])
    assert verify(published, Ed25519Signer(key).public_key)
    assert str(published.id) == at(approved, "outcome.action_id")
    assert published.approval is not None
    assert published.approval.reviewer_id == "reviewer-anna"

    again = terminal("reviews", "approve", review[:8], "--as", "reviewer-anna")
    assert again.returncode == Exit.NOT_FOUND
    assert "no waiting review" in again.stderr


def test_a_refused_refund_becomes_a_dead_letter(terminal: Terminal) -> None:
    review = opened(terminal, "refund-refused")
    reason = ("--reason", "not_our_order")
    done = terminal("reviews", "refuse", review[:8], "--as", "reviewer-anna", *reason)
    assert (done.returncode, done.stdout) == (0, f"refuse {review}: ended as dead letter review_refused\n")
    (letter,) = those(terminal.documents("tail", "dead-letters"), "value.review_id", review)
    assert at(letter, "value.reason") == "review_refused"
    assert not those(terminal.documents("reviews", "list"), "review_id", review)


def test_a_stranger_s_decision_is_not_accepted_and_the_review_waits_on(terminal: Terminal) -> None:
    review = opened(terminal, "refund-stranger")
    done = terminal("reviews", "approve", review, "--as", "nobody")
    assert done.returncode == Exit.FAILED
    assert "not accepted: decision_by_unknown_reviewer" in done.stdout
    assert those(terminal.documents("reviews", "list"), "review_id", review)


def test_what_was_published_unchecked_ends_as_a_dead_letter(terminal: Terminal) -> None:
    done = terminal("publish", "-", "--no-check", "--json", given="no JSON at all\n")
    place = json.loads(done.stdout)
    topic, partition, offset = "value.source.topic", "value.source.partition", "value.source.offset"

    def letters(found: list[Document]) -> list[Document]:
        of = those(those(found, topic, "requests"), partition, place["partition"])
        return those(of, offset, place["offset"])

    found = terminal.until(lambda found: bool(letters(found)), "tail", "dead-letters")
    assert [at(letter, "value.reason") for letter in letters(found)] == ["not_json"]


def test_doctor_finds_nothing_missing(terminal: Terminal) -> None:
    (found,) = cast("list[list[Document]]", terminal.documents("doctor"))
    assert {finding["level"] for finding in found} == {"ok", "weak"}
    workers = [finding for finding in found if str(finding["part"]).startswith("worker")]
    assert len(workers) == 3
    assert {finding["level"] for finding in workers} == {"ok"}


def test_topics_can_be_created_again(terminal: Terminal) -> None:
    done = terminal("topics", "create")
    assert (done.returncode, done.stderr) == (0, "")
    assert "topics with 4 partitions each are there" in done.stdout


def test_the_configuration_hides_what_is_secret(terminal: Terminal) -> None:
    printed = terminal("config").stdout
    remembered = json.loads((terminal.directory / ".sluicegate" / "session.json").read_text())
    assert remembered["SLUICEGATE_STORE__TOKEN"] not in printed
    assert "SLUICEGATE_STORE__TOKEN=********" in printed
    assert f"SLUICEGATE_BROKER__BOOTSTRAP={remembered['SLUICEGATE_BROKER__BOOTSTRAP']}" in printed


def test_a_second_line_in_the_directory_is_refused(terminal: Terminal) -> None:
    for command in ("dev", "demo"):
        done = terminal(command)
        assert done.returncode == Exit.CONFIGURATION
        assert "line_runs_already" in done.stderr
    assert terminal("query", "SELECT count() FROM actions").returncode == 0


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_a_line_that_is_told_to_end_while_it_starts_ends(tmp_path: Path, seconds: float) -> None:
    terminal = Terminal(tmp_path)
    process = subprocess.Popen(
        tethered(terminal.command("dev")), cwd=tmp_path, env=terminal.environment, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"Starting")
    time.sleep(seconds)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


@pytest.fixture(scope="module")
def ended(dev: Dev, answered: Document) -> Terminal:
    """The directory of a line that was told to end. Whoever wants it runs last."""
    dev.terminal.until(lambda found: bool(found[0]["acted"]), "query", _ACTED)
    children = psutil.Process(dev.process.pid).children(recursive=True)
    assert len(children) >= 4
    assert dev.stop(signal.SIGINT) == 0
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    return dev.terminal


def test_a_line_that_has_ended_can_still_be_traced_and_asked(ended: Terminal) -> None:
    told = ended("trace", "question-1")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("Request ")
    assert re.search(r"ended +acted \(send_reply\)", told.stdout)
    asked = ended("query", _ACTED, "--json")
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, '{"acted": 1}\n', "")


def test_what_was_recorded_cannot_be_changed_afterwards_either(ended: Terminal) -> None:
    assert ended("query", "DROP TABLE actions").returncode == Exit.USAGE
    assert ended("query", "SELECT * FROM file('/etc/passwd')").returncode == Exit.USAGE
    assert ended("query", "SELECT count() FROM actions").returncode == 0


@pytest.mark.parametrize("command", [("tail", "actions"), ("reviews", "list"), ("topics", "create")])
def test_what_needs_a_running_line_says_that_it_has_ended(ended: Terminal, command: tuple[str, ...]) -> None:
    done = ended(*command)
    assert (done.returncode, done.stdout) == (Exit.UNAVAILABLE, "")
    assert done.stderr.startswith("no_line: ")
    assert "start `sluicegate dev`" in done.stderr
