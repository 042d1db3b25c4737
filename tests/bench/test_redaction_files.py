"""Reading labelled texts of others."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.bench.redaction_files import from_columns, from_json, sets
from tests.bench.redaction_score import Gold, Labelled

ROW = {
    "full_text": "Ask Bo now",
    "template_id": 3,
    "spans": [{"start_position": 4, "end_position": 6, "entity_type": "PERSON", "entity_value": "Bo"}],
}
COLUMNS = (
    "Ann\tB-PER\nLee\tI-PER\nleft\tO\nNew\tB-LOC\nBo\tB-PER\n\n@x\tO\nAcme\tB-ORG\n \nBo I-PER\nJo B-PER"
)


def test_a_json_list_has_texts_with_spans(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps([ROW, {"full_text": "", "spans": []}]), encoding="utf-8")

    assert from_json(path) == [Labelled("Ask Bo now", (Gold(4, 6, "PERSON"),)), Labelled("")]


def test_columns_become_texts_with_people_and_places(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text(COLUMNS, encoding="utf-8")

    assert from_columns(path) == [
        Labelled("Ann Lee left New Bo", (Gold(0, 7, "PER"), Gold(13, 16, "LOC"), Gold(17, 19, "PER"))),
        Labelled("@x Acme"),
        Labelled("Bo Jo", (Gold(0, 2, "PER"), Gold(3, 5, "PER"))),
    ]


def test_a_folder_is_searched_for_both(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(json.dumps([ROW]), encoding="utf-8")
    (tmp_path / "columns").mkdir()
    for name in "ab":
        (tmp_path / "columns" / f"{name}.conll").write_text(COLUMNS, encoding="utf-8")

    assert {name: len(texts) for name, texts in sets(tmp_path).items()} == {"own": 1, "columns": 6}


def test_what_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sets(tmp_path)
    (tmp_path / "wrong.json").write_text('[{"text": "Ask Bo now"}]', encoding="utf-8")
    with pytest.raises(ValidationError):
        sets(tmp_path)
