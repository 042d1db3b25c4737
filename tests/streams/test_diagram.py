"""The drawing of the pipeline is complete, and the README's copy is fresh."""

import re
from pathlib import Path

import pytest

from schemas.errors import Fatal
from schemas.topics import Topic
from streams.diagram import END, START, drawn_in, main, mermaid, text
from streams.topology import BACKWARD, STAGES, edges

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_shows_the_present_pipeline() -> None:
    found = README.read_text(encoding="utf-8")
    assert drawn_in(found) == found, "renew it: python -m streams.diagram --write README.md"


def test_every_hop_is_an_arrow() -> None:
    arrows = re.findall(r'^    (\w+) -[-.] "([^"]+)" [.-]+> (\w+)$', mermaid(), re.MULTILINE)
    drawn = {(writer, topic, reader) for writer, topics, reader in arrows for topic in topics.split("<br>")}
    hops = {(writer, str(topic), reader) for writer, topic, reader in edges()}
    assert {hop for hop in hops - drawn if ("any", *hop[1:]) not in drawn} == set()
    assert {("upstream", "requests", "redact"), ("settle", "actions", "downstream")} <= drawn
    assert {("reviewer", "decisions", "settle"), ("settle", "reviews", "reviewer")} <= drawn


def test_loops_are_dotted() -> None:
    dotted = re.findall(r'^    (\w+) -\. "([^"]+)" \.-> ', mermaid(), re.MULTILINE)
    drawn = {(writer, topic) for writer, topics in dotted for topic in topics.split("<br>")}
    assert drawn == {(writer, str(topic)) for writer, topic in BACKWARD if topic is not Topic.DEAD_LETTERS}


def test_the_text_has_a_line_for_every_stage() -> None:
    lines = text().splitlines()
    for stage in STAGES:
        line = next(line for line in lines if f" {stage.name} " in line)
        reads, _, writes = line.partition(f" {stage.name} ")
        assert all(cls.topic in reads for cls in stage.consumes)
        assert all(
            cls.topic in writes for cls in stage.emits if cls.topic not in {"dead-letters", "statuses"}
        )


def test_only_what_is_between_the_markers_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    assert main(["--check", str(file)]) == 1
    assert main(["--write", str(file)]) == 0
    assert main(["--check", str(file)]) == 0
    assert file.read_text() == f"before\n{START}\n```mermaid\n{mermaid()}```\n{END}\nafter\n"


@pytest.mark.parametrize(
    "broken", ["", START, END, f"{END}{START}", f"{START}{START}{END}", f"{START}{END}{END}"]
)
def test_markers_are_needed_once_each_in_order(broken: str) -> None:
    with pytest.raises(Fatal, match="diagram_markers"):
        drawn_in(broken)


@pytest.mark.parametrize(("flags", "starts"), [([], "  "), (["--mermaid"], "flowchart LR")])
def test_it_prints(flags: list[str], starts: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(flags) == 0
    assert capsys.readouterr().out.startswith(starts)
