from dataclasses import replace
from decimal import Decimal
from io import StringIO
from uuid import UUID

from rich.console import Console

from sinks.clickhouse.story import Asked, Ending, Run, Step, Story, Use
from streams.storytelling import told
from tests.events import DEADLINE, MOMENT

REQUEST = UUID(int=7)
ASKED = Asked(
    tenant="acme-shop",
    source="web-chat",
    source_id="chat-1",
    principal_id="cust-1",
    roles=("customer",),
    task="shop-support",
    conversation_id="c-1",
    language="en",
    received_at=MOMENT,
    deadline=DEADLINE,
    trace_id="",
    text="Where is \x1b[31m[PERSON_1]'s order?",
    identifiers={},
    findings={"PERSON": 1},
    signals=(),
)
STEP = Step("redact", "requests.redacted", MOMENT, MOMENT, 1500, 900, 1, {}, {})
USE = Use("ground", "refunds@2#top", "refunds", 1, 20.46, 1, "role:customer")
ENDING = Ending(0, "acted", "send_reply", "settle", MOMENT, 0, 0, 0, Decimal(0))
RUN = Run(ENDING, ASKED, (STEP,), (), (USE,), (), (), (), (), (), ())


def text(*runs: Run) -> str:
    written = StringIO()
    told(Story(REQUEST, runs), Console(file=written, width=80))
    return written.getvalue()


def test_a_story_fits_eighty_columns_and_begins_with_what_was_asked() -> None:
    lines = text(RUN).splitlines()
    assert lines[0] == f"Request {REQUEST}"
    assert "[PERSON_1]'s order?" in lines[4]
    assert "\x1b" not in text(RUN)
    assert max(map(len, lines)) <= 80


def test_what_a_stage_noted_is_told_where_it_is_new_and_nothing_empty() -> None:
    first = replace(STEP, stage="classify", notes={"label": "refund", "repairs": "0"})
    later = replace(
        STEP, stage="validate", started_at=DEADLINE, facts={"label": "refund", "owns_order": "True"}
    )
    shown = text(replace(RUN, steps=(first, later)))
    assert shown.count("intent refund") == 1
    assert "owns order" in shown
    assert "True" not in shown
    assert "repairs" not in shown


def test_what_a_stage_wrote_at_once_is_one_line() -> None:
    other = replace(STEP, topic="reservations")
    shown = text(replace(RUN, steps=(STEP, other)))
    assert "requests.redacted, reservations" in " ".join(shown.split())
    assert shown.count("1.5") == 1


def test_evidence_is_what_was_retrieved_and_the_rest_only_counted_where_withheld() -> None:
    unused = replace(USE, chunk_id="unused@1#*", rank=0, score=0.0)
    withheld = replace(unused, chunk_id="secret@1#*", permitted=0, permitted_by="not_on_access_list")
    shown = text(replace(RUN, uses=(USE, unused, withheld, replace(withheld, permitted_by="expired"))))
    assert "refunds@2#top, score 20.5, allowed by role:customer" in shown
    assert "2 documents: expired 1, not on access list 1" in shown
    assert "unused@1" not in shown
    assert "secret@1" not in shown


def test_a_replay_is_a_run_of_its_own() -> None:
    replay = replace(RUN, ending=replace(ENDING, generation=1))
    shown = text(RUN, replay)
    assert shown.count(f"Request {REQUEST}") == 2
    assert "generation 1" in shown


def test_a_request_that_was_never_redacted_has_no_words() -> None:
    assert "never redacted" in text(replace(RUN, asked=None))
