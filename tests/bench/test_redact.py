"""What the redaction benchmark makes of its figures."""

import json
import sys
from pathlib import Path

import pytest

from tests.bench import redact, redaction_subjects
from tests.bench.figures import Measure
from tests.bench.processes import alone
from tests.bench.redaction_crafted import LENGTH, crafted
from tests.bench.redaction_measuring import Outcome, Pass, Plan
from tests.bench.redaction_probes import probes
from tests.bench.redaction_score import Score, Share
from tests.bench.redaction_subjects import STOCK, STRICT

PLAN = Plan(200, 3)


def _outcome(leaked: int, seconds: float) -> Outcome:
    score = Score(Share(leaked, 10), Share(leaked, 8), Share(), Share(1, 50), {"AGE": Share(leaked, 10)})
    run = Pass(100, seconds, seconds / 2, score)
    probes = {"evasions": Score(document_leak=Share(leaked, 10))}
    return Outcome({"short": (run, run)}, 100.0, 120.0, probes, ({"dots": 5.0, "spaces": 7.0},))


def _measures(outcomes: dict[str, Outcome]) -> dict[str, Measure]:
    return {measure.name: measure for measure in redact.compared(outcomes)}


def test_each_subject_is_compared_to_stock() -> None:
    found = _measures({STOCK: _outcome(4, 10.0), STRICT: _outcome(1, 2.0)})

    assert found["short: leak, stock"].median == pytest.approx(40)
    assert found["short: core leak, strict"].ratio == pytest.approx(4)
    assert found["short: over-redaction, strict"].ratio == pytest.approx(1)
    assert found["short: singly, strict"].ratio == pytest.approx(5)
    assert found["short: 64 at once, strict"].ratio == pytest.approx(10)
    assert found["short: 64 at once, stock"].ratio == pytest.approx(2)
    assert found["evasions: covered, strict"].median == pytest.approx(90)
    assert found["evasions: covered, strict"].ratio == pytest.approx(1.5)
    assert found["memory after these, strict"].median == 100
    assert found["memory at its peak, strict"].median == 120
    assert found["slowest crafted text, strict"].median == 7


def test_what_cannot_be_divided_has_no_ratio_and_what_was_not_counted_no_row() -> None:
    found = _measures({STOCK: _outcome(4, 10.0), STRICT: _outcome(0, 2.0)})

    assert found["short: leak, strict"].median == 0
    assert found["short: leak, strict"].ratio is None
    assert "short: document leak, strict" not in found
    json.dumps([measure.document() for measure in found.values()], allow_nan=False)


def test_growth_is_told_as_a_multiple_of_the_first() -> None:
    first, second, third = redact.grown(PLAN, [100.0, 101.0, 110.0])

    assert first.baseline is None
    assert second.ratio == pytest.approx(1.01)
    assert third.ratio == pytest.approx(1.1)
    assert PLAN.marks == (400, 2000, 4000)
    assert Plan(200, 3, long=True).marks == (10_000, 50_000, 100_000)


def test_the_command_says_what_else_was_asked_for() -> None:
    plain = redact.RedactReport("redact", 200, 3, (), plan=PLAN)
    more = redact.RedactReport("redact", 200, 3, (), plan=Plan(200, 3, Path("my sets"), long=True))

    assert plain.command == "python -m tests.bench redact --size 200 --runs 3"
    assert more.command == f"REDACTION_DATA='my sets' REDACTION_LONG=1 {plain.command}"


def test_a_plan_has_texts_of_its_own_for_each_run_and_those_of_others(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text('[{"full_text": "Ask Bo now", "spans": []}]', encoding="utf-8")
    corpora = Plan(40, 2, tmp_path).corpora()

    assert list(corpora) == ["short", "long", "own"]
    assert [len(texts) for texts in corpora["short"]] == [40, 40, 40]
    assert [len(texts) for texts in corpora["long"]] == [2, 2, 2]
    assert corpora["short"][1] != corpora["short"][2]
    assert [len(texts) for texts in corpora["own"]] == [1, 1]


@pytest.mark.parametrize("length", [80, LENGTH])
def test_crafted_texts_differ_and_have_the_length_asked_for(length: int) -> None:
    texts = crafted(length)

    assert {len(text) for text in texts.values()} == {length}
    assert len(set(texts.values())) == len(texts)


def test_each_probe_has_one_value_and_a_choice_of_them_is_always_the_same() -> None:
    everything, some = probes(None), probes(20)

    assert set(everything) == {"told secrets", "untold secrets", "evasions"}
    assert {len(text.gold) for texts in everything.values() for text in texts} == {1}
    assert min(map(len, everything.values())) > 500
    assert {len(texts) for texts in some.values()} == {20}
    assert some == probes(20)
    assert all(set(texts) <= set(everything[name]) for name, texts in some.items())


def test_stock_has_the_model_of_the_detector() -> None:
    from processors.redact.detection import detector  # noqa: PLC0415 - this module is loaded in the process measured below

    assert redaction_subjects.MODEL == detector.MODEL


def test_stock_is_measured_without_anything_of_ours_in_its_memory() -> None:
    assert alone(_loaded_with_stock) == []


def _loaded_with_stock() -> list[str]:
    found = redaction_subjects.finder(STOCK)(["My name is Ingrid Halvorsen."])
    assert found == [[(11, 27)]]
    return sorted(name for name in sys.modules if name.startswith("processors.redact"))
