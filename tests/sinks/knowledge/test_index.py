"""What the embedded index keeps on the disk, and what happens when it cannot."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest

from processors.ground.access import grants
from schemas.errors import Fatal, Retryable
from sinks.knowledge import index as module
from sinks.knowledge import slots, vectors
from sinks.knowledge.batch import Batch, Place
from sinks.knowledge.index import KnowledgeIndex, Versions
from sinks.knowledge.lexical import LexicalIndex
from sinks.knowledge.store import KnowledgeStore
from sinks.knowledge.vectors import VectorTable
from tests.knowledge import AT, head, scope, texts, tombstone, upsert

Open = Callable[..., KnowledgeIndex]
REFUND = "A refund takes 14 days, see E-1."


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    made: list[KnowledgeIndex] = []

    def opener(chunker: str = "c1", detector: str = "d1", folder: Path = tmp_path) -> KnowledgeIndex:
        made.append(KnowledgeIndex.open(folder, grants=grants, versions=Versions(chunker, detector)))
        return made[-1]

    yield opener
    for index in made:
        index.close()


def finds(index: KnowledgeIndex) -> list[list[str]]:
    """Return what each search finds of a refund."""
    hits = (
        index.exact(["e-1"], scope(), 9),
        index.lexical("refund", scope(), 9),
        index.semantic("refund", scope(), 9),
    )
    return [texts(index, found) for found in hits]


def filled(index: KnowledgeIndex) -> KnowledgeIndex:
    index.apply(
        Batch(
            [upsert("a", REFUND, offset=4), upsert("b", "Secret refund E-1.", roles=("staff",))],
            (),
            {0: 5, 2: 1},
        )
    )
    return index


def test_what_was_applied_is_there_when_it_is_opened_again(opened: Open) -> None:
    first = filled(opened())
    first.apply(Batch([upsert("c", "gone")], [tombstone("b", offset=7)], {0: 8}))
    first.apply(Batch(next_offsets={0: 9}))
    (hit,) = first.lexical("refund", scope(), 9)
    kept = first.entry(hit.row)
    first.close()

    again = opened()
    assert again.folder == first.folder
    assert finds(again) == [[REFUND]] * 3
    assert again.offsets() == {0: 9, 2: 1}
    assert sorted(each.document_id for each in again.documents()) == ["a", "c"]
    assert again.entry(hit.row) == kept
    again.apply(Batch([upsert("a", "late", offset=3), upsert("d", "A refund, perhaps E-1", offset=3)]))
    assert [len(found) for found in finds(again)] == [2, 2, 2]


@pytest.mark.parametrize("damage", [shutil.rmtree, lambda folder: (folder / "meta.json").write_text("{")])
def test_words_are_indexed_anew_from_the_store(opened: Open, damage: Callable[[Path], object]) -> None:
    first = filled(opened())
    first.close()
    damage(first.folder / "words")
    again = opened()
    assert finds(again) == [[REFUND]] * 3
    assert again.offsets() == {0: 5, 2: 1}


def test_words_of_another_state_are_not_used(opened: Open, tmp_path: Path) -> None:
    first = filled(opened())
    first.close()
    older = tmp_path / "older"
    shutil.copytree(first.folder / "words", older)
    second = opened()
    second.apply(Batch([upsert("x", "A refund is E-1", offset=6)], [tombstone("a", offset=5)]))
    second.close()
    shutil.rmtree(first.folder / "words")
    shutil.move(older, first.folder / "words")

    assert finds(opened()) == [["A refund is E-1"]] * 3


@pytest.mark.parametrize("versions", [("c2", "d1"), ("c1", "d2")])
def test_what_other_versions_made_is_read_again(opened: Open, versions: tuple[str, str]) -> None:
    filled(opened()).close()
    again = opened(*versions)
    assert again.offsets() == {}
    assert again.documents() == []
    assert finds(again) == [[], [], []]
    filled(again).close()
    assert finds(opened(*versions)) == [[REFUND]] * 3


def test_a_damaged_store_begins_anew(opened: Open) -> None:
    first = filled(opened())
    first.close()
    for file in first.folder.glob("knowledge.sqlite*"):
        file.write_bytes(b"this is no database, and was one" * 400)
    again = opened()
    assert again.offsets() == {}
    assert finds(again) == [[], [], []]


def test_each_process_has_a_folder_of_its_own(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = filled(opened()), opened()
    assert first.folder != second.folder
    assert finds(second) == [[], [], []]
    monkeypatch.setattr(slots, "MOST_SLOTS", 2)
    with pytest.raises(Fatal, match="knowledge_directory_unusable"):
        opened()
    first.close()
    first.close()
    assert finds(opened()) == [[REFUND]] * 3


def test_a_directory_that_cannot_be_is_fatal(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Fatal, match="knowledge_directory_unusable"):
        opened(folder=tmp_path / "file")


def test_a_batch_that_cannot_be_stored_changes_nothing(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(opened())

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("sinks.knowledge.store.Change.proceed", full)
        with pytest.raises(Retryable, match="knowledge_store_unavailable"):
            index.apply(Batch([upsert("a", "A new refund E-1", offset=9), upsert("z", "refund")]))
    assert finds(index) == [[REFUND]] * 3
    assert index.offsets() == {0: 5, 2: 1}

    index.apply(Batch([upsert("a", "A new refund E-1", offset=9)], next_offsets={0: 10}))
    assert finds(index) == [["A new refund E-1"]] * 3
    assert index._view.searcher.num_docs == 3


def test_words_that_cannot_be_written_stop_the_worker(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(opened())

    def broken(*_: object) -> None:
        raise ValueError("an error of the index writer")

    with monkeypatch.context() as patched:
        patched.setattr(LexicalIndex, "_commit", broken)
        with pytest.raises(Fatal, match="knowledge_index_broken"):
            index.apply(Batch([upsert("a", "A new refund E-1", offset=9)], next_offsets={0: 10}))
    assert index.offsets() == {0: 5, 2: 1}
    with pytest.raises(Fatal, match="knowledge_index_broken"):
        index.apply(Batch([upsert("z", "refund")]))
    index.close()
    assert finds(opened()) == [[REFUND]] * 3


def test_a_store_that_falls_behind_its_words_stops_the_worker(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = filled(opened())
    changing = KnowledgeStore.changing

    @contextmanager
    def unfinished(store: KnowledgeStore) -> Iterator[object]:
        with changing(store) as change:
            yield change
            raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(KnowledgeStore, "changing", unfinished)
        with pytest.raises(Fatal, match="knowledge_index_broken"):
            index.apply(Batch([upsert("a", "A new refund E-1", offset=9)], next_offsets={0: 10}))
    with pytest.raises(Fatal, match="knowledge_index_broken"):
        index.apply(Batch([upsert("z", "refund")]))
    index.close()
    again = opened()
    assert finds(again) == [[REFUND]] * 3
    assert again.offsets() == {0: 5, 2: 1}


def test_after_it_was_closed_nothing_is_given(opened: Open) -> None:
    index = filled(opened())
    (hit,) = index.lexical("refund", scope(), 9)
    index.close()
    with pytest.raises(Retryable, match="knowledge_store_unavailable"):
        index.entry(hit.row)


def test_documents_come_and_go_without_taking_room(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "BLOCK_ROWS", 8)
    index = opened()
    offsets = count()
    rows: list[int] = []
    for number in range(30):
        index.apply(
            Batch(
                [
                    upsert(f"d-{number}", "A refund E-1", offset=next(offsets)),
                    upsert("a", REFUND, offset=next(offsets)),
                ]
            )
        )
        rows += [hit.row for hit in index.lexical("refund", scope(), 9)]
        index.apply(Batch([], [tombstone(f"d-{number}", offset=next(offsets))]))
    assert len(set(rows)) == 60
    assert finds(index) == [[REFUND]] * 3
    assert len(index._view.table.blocks) <= 4
    assert index._view.searcher.num_docs == 2  # one of which names the state
    assert max(index._register._known) <= 2


@pytest.mark.parametrize("name", ["find_codes", "find_words", "search"])
def test_what_is_closed_while_a_search_runs_is_not_returned(
    opened: Open, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = filled(opened())
    owner = VectorTable if name == "search" else module
    search = getattr(owner, name)

    def closing(*args: object) -> object:
        found = search(*args)
        index.revise(head("a", roles=("staff",)), Place(0, 9))
        return found

    monkeypatch.setattr(owner, name, closing)
    searches = {"find_codes": index.exact, "find_words": index.lexical, "search": index.semantic}
    asked: object = ["e-1"] if name == "find_codes" else "refund"
    assert searches[name](asked, scope(), 9) == []  # type: ignore[arg-type]


def test_a_search_that_runs_never_returns_what_was_closed(opened: Open) -> None:
    index = opened()
    places = (Place(0, offset) for offset in count())
    public, private = head("a"), head("a", roles=("staff",))
    closed, stop, leaks = Event(), Event(), list[str]()

    def search() -> None:
        while not stop.is_set():
            before = closed.is_set()
            found = texts(index, [*index.exact(["e-1"], scope(), 3), *index.semantic("refund", scope(), 3)])
            if before and closed.is_set():
                leaks.extend(found)

    threads = [Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(15):
        index.apply(Batch([upsert("a", REFUND, offset=next(places).offset)]))
        index.revise(private, next(places))
        closed.set()
        index.apply(
            Batch([upsert("a", "A secret refund, E-1", offset=next(places).offset, roles=("staff",))])
        )
        index.revise(public, next(places))
        closed.clear()
    stop.set()
    for thread in threads:
        thread.join()
    assert leaks == []


def test_a_secret_text_is_never_given_with_its_successor_s_list(opened: Open) -> None:
    index = opened()
    places = (Place(0, offset) for offset in count())
    stop, seen = Event(), set[str]()

    def search() -> None:
        while not stop.is_set():
            seen.update(
                texts(index, [*index.lexical("refund", scope(), 3), *index.semantic("refund", scope(), 3)])
            )

    thread = Thread(target=search)
    thread.start()
    for _ in range(20):
        for text, roles in (("A secret refund", ("staff",)), (REFUND, ("customer",))):
            made = upsert("a", text, offset=next(places).offset, roles=roles)
            index.revise(made.head, made.place)
            index.apply(Batch([made]))
    stop.set()
    thread.join()
    assert seen <= {REFUND}


def test_published_at_is_kept_to_the_microsecond(opened: Open) -> None:
    index = filled(opened())
    (hit,) = index.lexical("refund", scope(), 9)
    index.close()
    entry = opened().entry(hit.row)
    assert entry is not None
    assert entry.published_at == AT
