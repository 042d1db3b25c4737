"""One line on the embedded broker, through which everything planted is sent while its parts work and while they fail."""

import base64
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from schemas.codec import decode
from schemas.requests import Redacted
from schemas.topics import Topic
from schemas.verdicts import ReviewOpened
from schemas.wire import Outbound
from streams.demo.figures import wait_for_record
from streams.demo.run import run
from streams.embedded.stack import AGENTS, Stack
from streams.publishing import publish
from streams.reading import open_reader
from streams.runtime.confluent import base_config
from streams.runtime.topics import TopicSpec, create_topics
from streams.settings import ModelSettings, Settings
from streams.watching import read_to_end
from tests.e2e.aftermath import SHOP, Aftermath, files, parts, tables
from tests.e2e.canaries import IN_TEXT, Canary
from tests.e2e.disguises import disguised
from tests.e2e.failing_worker import markers
from tests.e2e.mangling import mangled
from tests.e2e.neighbours import NEIGHBOURS, copyists, neighbours
from tests.e2e.planting import Planted, document, planted, said, well_formed

ROOT = Path(__file__).parents[2]
WAVE_SECONDS = 150.0
SCRATCH = "scratch"
NOTE = Canary("note of an order", "Left with Crispin Tolliversby, 07700 900834", ("Tolliversby", "900834"))
COMMENT = Canary("reviewer's comment", "ask Leocadia Pumblechookian", ("Leocadia", "Pumblechookian"))
REASON = Canary("reviewer's reason", "told_by_thisbe_quennellby", ("thisbe", "quennellby"))
STRANGER = Canary("reviewer nobody knows", "Balthazar.Dunnockson", ("Balthazar", "Dunnockson"))
EDIT = Canary("reviewer's edit", "Dear Melchior Gradgrindley", ("Melchior", "Gradgrindley"))
_NOTED = ("acme-shop", "AC-100102")
_FIRST_SABOTAGED = 4000


@contextmanager
def environment(folder: Path) -> Iterator[None]:
    """Let children find the tests' modules, and give them a folder of their own for temporary files."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.fspath(ROOT))
        patch.setenv("TMPDIR", os.fspath(folder))
        yield


def gauntlet(base_url: str, folder: Path) -> Aftermath:
    """Run the line and return what is left of it. Each process logs all it can."""
    after = Aftermath()
    with environment(folder / "temporary"), Stack(_settings(base_url, folder / "state")) as stack:
        _note(stack)
        _send(stack, after, [*well_formed(), *disguised(), *mangled(), *neighbours()])
        _decide(stack, after)
        _send(stack, after, [*copyists(_placeholders(stack))])
        _put_failing_worker(stack)
        _send(stack, after, [*sabotaged()])
        _leak(stack, after, folder / SCRATCH)
        _collect(stack, after)
    after.files += files(folder / "state", folder / "temporary")
    return after


def sabotaged() -> Iterator[Planted]:
    """Yield a request for each way in which a part can fail, and one with which nothing fails."""
    name, mail, card = IN_TEXT[0], IN_TEXT[2], IN_TEXT[5]
    for number, word in enumerate(("peaceful", *markers()), _FIRST_SABOTAGED):
        changes = {
            "text": f"What is your return policy? {word} {said(name)} I am {word}@perch.example.",
            "fields": {"note": f"{word} {said(mail)}"},
            "turns": [{"role": "requester", "text": f"{word} {said(card)}"}],
        }
        yield planted(document(number, **changes), [name, mail, card])


def _settings(base_url: str, state: Path) -> Settings:
    model = {"base_url": base_url, "model": "scripted", "provider": "local", "chunks": 1, "priced": "2026-11"}
    prices = {"input_usd_per_million": "1", "output_usd_per_million": "2"}
    return Settings(
        state_dir=state, log_level="DEBUG", model=ModelSettings.model_validate({**model, **prices})
    )


def _note(stack: Stack) -> None:
    """Put a canary into the shop's database, where a tool finds it."""
    with closing(sqlite3.connect(stack.settings.state_dir / SHOP)) as shop, shop:
        query = "UPDATE orders SET note = ? WHERE tenant = ? AND order_number = ?"
        assert shop.execute(query, (NOTE.value, *_NOTED)).rowcount == 1


def _send(stack: Stack, after: Aftermath, wave: Sequence[Planted]) -> None:
    """Publish and follow until each record has ended."""
    messages = [each.message for each in wave]
    result = run(stack, messages, lambda _: None, started=time.monotonic(), timeout=WAVE_SECONDS)
    ended = stack.failed()
    assert ended is None, (stack.logs / f"{ended}.log").read_text()[-3000:]
    after.planted |= dict(zip(result.expected, wave, strict=True))
    after.endings.published |= result.conservation.published
    after.endings.endings = result.conservation.endings


def _decide(stack: Stack, after: Aftermath) -> None:
    """Decide each review, after tries to say more with it than a decision may."""
    bootstrap = stack.settings.broker.bootstrap
    reviews = [decode(ReviewOpened, message) for message in read_to_end(bootstrap, [Topic.REVIEWS])]
    assert reviews
    publish(
        bootstrap,
        [
            each
            for number, review in enumerate(reviews)
            for each in _decisions(review, "refuse" if number % 2 else "approve")
        ],
    )
    after.decided = (COMMENT, EDIT, REASON, STRANGER)


def _decisions(review: ReviewOpened, decision: str) -> Iterator[Outbound]:
    plain: dict[str, object] = {
        "decision_id": str(review.review_id),
        "review_id": str(review.review_id),
        "tenant": review.context.tenant,
        "reviewer_id": "reviewer-anna",
        "decision": decision,
        "payload_digest": review.verdict.payload_digest,
    }
    headers = (("ce_subject", EDIT.value.encode()),)
    for said_with_it in (
        {"comment": COMMENT.value},
        {"reason": COMMENT.value},
        {"reviewer_id": EDIT.value},
        {"action": {"type": "send_reply", "body": EDIT.value}},
        {"decision_id": COMMENT.value},
        {"review_id": COMMENT.value},
        {"reviewer_id": STRANGER.value},
        {"reason": REASON.value},
    ):
        value = json.dumps({**plain, **said_with_it}).encode()
        yield Outbound(Topic.DECISIONS, COMMENT.value.encode(), value, headers)
    yield Outbound(Topic.DECISIONS, review.context.tenant.encode(), json.dumps(plain).encode(), headers)


def _placeholders(stack: Stack) -> list[str]:
    """Return what was issued to the neighbours: one of each entity a neighbour."""
    found: dict[str, None] = {}
    for message in read_to_end(stack.settings.broker.bootstrap, [Topic.REDACTED]):
        event = decode(Redacted, message)
        if event.context.source_id in {f"canary-{each.number}" for each in NEIGHBOURS}:
            found |= dict.fromkeys(value.placeholder for value in event.vault.values)
    return list(found)


def _put_failing_worker(stack: Stack) -> None:
    """Put a worker whose parts can be made to fail in place of the agents."""
    working = stack._workers["agents"]
    working.terminate()
    working.wait()
    command = [sys.executable, "-m", "tests.e2e.failing_worker", "worker", "--stages", ",".join(AGENTS)]
    stack._workers["agents"] = stack._child("failing", command, stack.settings)


def _leak(stack: Stack, after: Aftermath, folder: Path) -> None:
    """Let some canaries out where nothing else looks, so that it can be seen whether a leak would be found."""
    bootstrap = stack.settings.broker.bootstrap
    create_topics(bootstrap, [TopicSpec(SCRATCH, 1, None)], 1)
    mail, name, card = IN_TEXT[2].value, IN_TEXT[0].value, IN_TEXT[5].value
    hidden = (("x-note", base64.b64encode(f"on: {name}".encode())),)
    publish(bootstrap, [Outbound(SCRATCH, mail.upper().encode(), json.dumps({"a": card}).encode(), hidden)])
    after.scratch += [part for found in read_to_end(bootstrap, [SCRATCH]) for part in parts(found)]
    folder.mkdir()
    (folder / "worker.log").write_text(f"ERROR: cannot read {name[::-1]}\n")
    after.scratch += files(folder)


def _collect(stack: Stack, after: Aftermath) -> None:
    wait_for_record(stack.settings, after.endings)
    bootstrap = stack.settings.broker.bootstrap
    topics = [
        name for name in AdminClient(base_config(bootstrap)).list_topics(timeout=15).topics if name != SCRATCH
    ]
    for message in read_to_end(bootstrap, topics):
        after.topics.setdefault(message.topic, []).append(message)
    with open_reader(stack.settings) as reader:
        after.rows += tables(reader)
