"""A worker that grounds, with its detector: what requesters may read follows the topic of documents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from processors.tasks.shop_support import shop_database
from schemas.base import derive_id
from schemas.codec import decode, encode
from schemas.envelope import Principal
from schemas.knowledge import AccessList, Chunk, Document
from schemas.requests import Content, Grounded
from schemas.topics import Topic
from schemas.wire import Outbound
from streams.emission import key_of
from streams.heartbeat import heartbeat
from streams.knowledge.publishing import Act, Change, carry_out, compare
from streams.publishing import publish
from streams.runtime.topics import create_topics
from streams.topic_specs import declared_topics
from streams.watching import read_to_end
from tests import events
from tests.brokers import running_embedded
from tests.streams.knowledge.followers import within
from tests.streams.test_worker import await_ready, running, settings

QUESTION = "Which glacier gear do you rent out?"
TEXT = "Glacier gear is rented out by Jane Merriweather, jane@mail.example, for three days."


@dataclass
class Desk:
    """Asks a running ground worker, and publishes documents to it."""

    bootstrap: str
    asked: int = 0
    seen: dict[str, Grounded] = field(default_factory=dict)

    def publish(self, text: str, *roles: str, version: int = 1) -> None:
        given = Document(
            tenant="acme-shop",
            document_id="glacier",
            version=version,
            title="Glacier gear",
            text=text,
            access=AccessList(roles=roles),
        )
        carry_out(self.bootstrap, compare([given], {}))

    def chunks(self, role: str = "customer") -> tuple[Chunk, ...]:
        """Return what a request with this role is answered from, among the documents of this test."""
        self.asked += 1
        identity = derive_id("ground-worker", uuid4())
        given = events.context(
            request_id=identity,
            principal=Principal(id="cust-1001", roles=(role,)),
            conversation_id=f"c-{self.asked}",
            deadline=datetime.now(UTC) + timedelta(minutes=5),
        )
        admitted = events.admitted(given, content=Content(text=QUESTION, redaction_version="1"))
        record = Outbound(Topic.ADMITTED, key_of(admitted), encode(admitted))
        publish(self.bootstrap, [record])
        assert within(lambda: str(identity) in self._answers())
        found = self.seen[str(identity)].evidence.chunks
        return tuple(chunk for chunk in found if chunk.document_id == "glacier")

    def _answers(self) -> dict[str, Grounded]:
        for message in read_to_end(self.bootstrap, [Topic.GROUNDED]):
            event = decode(Grounded, message)
            self.seen[str(event.context.request_id)] = event
        return self.seen


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A line of its own: other tests' events would be grounded as well."""
    with running_embedded(tmp_path) as broker:
        create_topics(broker.bootstrap, declared_topics(2), 1)
        given = settings(tmp_path, broker.bootstrap)
        shop_database.create(given.state_dir / "shop.sqlite", datetime.now(UTC).date())
        found = Desk(broker.bootstrap)
        found.publish(TEXT, "customer")
        with running(given, "ground") as process:
            await_ready(given, process, "ground")
            beat = heartbeat(given.state_dir, process.pid)
            assert beat is not None
            assert beat.knowledge is not None
            assert (beat.knowledge.ready, beat.knowledge.documents) == (True, 1)
            yield found


def test_answers_follow_the_documents(desk: Desk) -> None:
    (chunk,) = desk.chunks()
    assert (chunk.owner, chunk.document_version, chunk.title) == ("acme-shop", 1, "Glacier gear")
    assert chunk.access_version == AccessList(roles=("customer",)).version
    assert "jane@mail.example" not in chunk.text
    assert "Merriweather" not in chunk.text

    assert desk.chunks("agent") == ()
    desk.publish(TEXT, "agent", version=2)
    assert within(lambda: desk.chunks() == ())
    assert within(lambda: [each.document_version for each in desk.chunks("agent")] == [2])

    carry_out(desk.bootstrap, [Change(("acme-shop", "glacier"), Act.DELETED)])
    assert within(lambda: desk.chunks("agent") == ())
