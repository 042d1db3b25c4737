"""Invariant 3 from outside: planted values leave redact in no form and on no way, also while its parts fail."""

import base64
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from schemas.endings import ActionPublished, DeadLettered
from schemas.topics import Topic
from schemas.verdicts import ReviewOpened
from streams.conservation import Kind
from tests.e2e.aftermath import Aftermath, declared, parts
from tests.e2e.canaries import IN_TEXT, Canary, Haystack, Search, forms
from tests.e2e.copying_model import CopyingModel, served
from tests.e2e.failing_worker import markers
from tests.e2e.gauntlet import COMMENT, EDIT, NOTE, REASON, STRANGER, gauntlet
from tests.e2e.mangling import MANGLED
from tests.e2e.neighbours import NEIGHBOURS
from tests.e2e.planting import CALLED

pytestmark = pytest.mark.timeout(420)

PERSONS = frozenset({"name", "name in another script", *(each.person.name for each in NEIGHBOURS)})
NEIGHBOURLY = tuple(canary for each in NEIGHBOURS for canary in (each.person, each.mail))
REQUESTED = Search((*IN_TEXT, *MANGLED, *NEIGHBOURLY, CALLED))
ANYWHERE = Search((*REQUESTED.canaries, NOTE, COMMENT, EDIT, REASON, STRANGER))


@pytest.fixture(scope="module")
def model() -> CopyingModel:
    return CopyingModel()


@pytest.fixture(scope="module")
def after(model: CopyingModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    with served(model) as base_url:
        yield gauntlet(base_url, tmp_path_factory.mktemp("canary"))


def test_everything_planted_ended_once(after: Aftermath) -> None:
    assert len(after.planted) >= 150
    assert after.endings.lost == []
    assert after.endings.doubled == []


def test_no_canary_is_in_any_topic_but_the_publishers_own(after: Aftermath) -> None:
    assert ANYWHERE.hits(after.of(*after.topics.keys() - {Topic.REQUESTS, Topic.DECISIONS})) == []
    assert REQUESTED.hits(after.of(Topic.DECISIONS)) == []


def test_no_canary_is_in_the_trace_store(after: Aftermath) -> None:
    assert {haystack.place for haystack in after.rows} >= {
        "table requests",
        "table dead_letters",
        "table poison",
    }
    assert ANYWHERE.hits(after.rows) == []


def test_no_canary_is_in_a_log_or_any_other_file(after: Aftermath) -> None:
    logs = {haystack.place: len(haystack.content) for haystack in after.files if "logs/" in haystack.place}

    assert {"file logs/agents.log", "file logs/failing.log", "file logs/settle.log"} <= logs.keys()
    assert logs["file logs/agents.log"] > 0
    assert logs["file logs/failing.log"] > 0
    assert ANYWHERE.hits(after.files) == []


def test_the_model_is_shown_no_canary(after: Aftermath, model: CopyingModel) -> None:
    assert len(model.prompts) > len(NEIGHBOURS)
    assert ANYWHERE.hits([Haystack("prompt", prompt.encode()) for prompt in model.prompts]) == []


def test_the_same_search_finds_every_canary_where_it_was_planted(after: Aftermath) -> None:
    requested = {hit.canary for hit in REQUESTED.hits(after.of(Topic.REQUESTS))}
    decided = {hit.canary for hit in ANYWHERE.hits(after.of(Topic.DECISIONS))}

    assert requested == {each.name for each in REQUESTED.canaries}
    assert decided == {each.name for each in after.decided}


def test_the_same_search_finds_a_deliberate_leak(after: Aftermath) -> None:
    hits = {
        (hit.place.rpartition(" ")[2], hit.canary, hit.form.partition(",")[0])
        for hit in ANYWHERE.hits(after.scratch)
    }

    assert hits >= {
        ("key", "e-mail", "clear"),
        ("value", "card", "clear"),
        ("header", "name", "Base64"),
        ("worker.log", "name", "reversed"),
    }


@pytest.mark.parametrize("canary", [*IN_TEXT, *MANGLED], ids=lambda canary: canary.name)
def test_each_form_of_a_canary_is_found_inside_other_text(canary: Canary) -> None:
    search = Search([canary])

    for form in (form for needle in canary.needles for form in forms(needle)):
        hits = search.hits([Haystack("p", b"before" + form.written + b"after")])
        assert form.name in {hit.form for hit in hits}
        assert {(hit.place, hit.canary) for hit in hits} == {("p", canary.name)}
    assert search.hits([Haystack("p", b"nothing of it")]) == []


@pytest.mark.parametrize("before", [b"", b"a", b"ab"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_found_wherever_in_it_a_canary_begins(
    before: bytes, encode: Callable[[bytes], bytes]
) -> None:
    told = encode(before + IN_TEXT[1].value.encode() + b", and more")

    assert ANYWHERE.hits([Haystack("p", told)])


def test_declared_fields_of_actions_carry_names_and_nothing_else(after: Aftermath) -> None:
    hits = ANYWHERE.hits(map(declared, after.topics[Topic.ACTIONS]))

    assert {hit.canary for hit in hits} <= PERSONS
    assert len({hit.canary for hit in hits} & {each.person.name for each in NEIGHBOURS}) >= 4


def test_no_reply_carries_what_another_request_brought(after: Aftermath, model: CopyingModel) -> None:
    assert model.strange > 20, "the model tried"

    for message, action in zip(after.topics[Topic.ACTIONS], after.all(ActionPublished), strict=True):
        whole = [*parts(message), declared(message)]
        carried = {hit.canary for hit in REQUESTED.hits(whole)}
        origin = action.context.origin
        brought = after.planted[origin.partition, origin.offset].canaries
        assert carried <= {canary.name for canary in brought}


def test_what_cannot_be_searched_is_held_back_as_a_pointer(after: Aftermath) -> None:
    failed = [place for place, each in after.planted.items() if b"sabotage" in (each.message.value or b"")]
    endings = [after.ending(place) for place in failed]

    assert len(failed) == len(list(markers()))
    assert {ending.kind for ending in endings} == {Kind.DEAD_LETTER}
    assert {ending.reason for ending in endings} == {"detector_failed", "redaction_failed"}


def test_a_failing_worker_redacts_what_nothing_fails_on(after: Aftermath) -> None:
    (place,) = [at for at, each in after.planted.items() if b" peaceful " in (each.message.value or b"")]

    assert after.ending(place).kind is Kind.ACTION


def test_dead_letters_before_redaction_are_pointers_without_words(after: Aftermath) -> None:
    letters = [letter for letter in after.all(DeadLettered) if letter.stage == "redact"]

    assert len(letters) > 40
    assert all(letter.body is None and letter.context is None for letter in letters)
    assert len(Counter(letter.reason for letter in letters)) > 8


def test_reviews_were_opened_and_decided_in_spite_of_what_was_said_with_them(after: Aftermath) -> None:
    reviews = after.all(ReviewOpened)
    approved = [action for action in after.all(ActionPublished) if action.approval]

    assert len(approved) == (len(reviews) + 1) // 2
