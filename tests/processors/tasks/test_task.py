"""The shipped task loads, and a task that contradicts itself says where."""

import shutil
from pathlib import Path

import pytest

from processors.tasks.shop_support import FOLDER
from processors.tasks.task import (
    OUT_OF_SCOPE,
    REGISTRY_FILE,
    load_examples,
    load_registry,
    load_task,
    read_spec,
)
from schemas.errors import Fatal

MIN_EXAMPLES = 25


def test_shipped_task_is_consistent() -> None:
    task = load_task(FOLDER)
    registry = load_registry(FOLDER / REGISTRY_FILE)
    assert task.spec.name == "shop-support"
    assert {document.tenant for document in task.documents} == {tenant.name for tenant in registry.tenants}
    assert all(grant.tasks == (task.spec.name,) for grant in registry.sources)


def test_every_intent_has_enough_examples() -> None:
    spec = read_spec(FOLDER / "task.yaml")
    labels = [example.label for example in load_examples(FOLDER, spec)]
    assert set(labels) == {*spec.intents, OUT_OF_SCOPE}
    assert all(labels.count(label) >= MIN_EXAMPLES for label in set(labels))


def test_knowledge_has_documents_for_agents_only_and_for_nobody() -> None:
    lists = {document.document_id: document.access.roles for document in load_task(FOLDER).documents}
    assert lists["fraud-signs-internal"] == ("agent",)
    assert lists["spring-campaign-draft"] == ()
    assert "customer" in lists["return-policy"]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("task.yaml", "name: shop-support", "name: Shop Support", "task.yaml: name"),
        ("task.yaml", "by: rule", "by: magic", "task.yaml: intents.refund_request.by"),
        ("task.yaml", "action: issue_refund, by", "action: pay_out, by", "intents.refund_request.action"),
        (
            "task.yaml",
            "issue_refund, hand_to_human]",
            "issue_refund, hand_to_human, fly]",
            "task.yaml: actions",
        ),
        ("task.yaml", 'pattern: "[A-Z]{2}', 'pattern: "([A-Z]{2}', "identifiers.order_number.pattern"),
        ("task.yaml", "tools: [get_order, ", "tools: [", "intents.order_status.needs"),
        (
            "task.yaml",
            'pattern: "[A-Z]{2}-[0-9]{6}"',
            'pattern: "[A-Z]{2}-[0-9]{6}"\n    when_missing: list_all',
            "identifiers.order_number.when_missing",
        ),
        ("task.yaml", "languages: [en, de, fr, es]", "languages: [en, it]", "replies.order_status.it"),
        ("task.yaml", "languages: [en", "languages: [en\n  ]]", "task.yaml: line"),
        ("templates.yaml", "  complaint: {", "  complaints: {", "templates.yaml: handovers.complaint"),
        (
            "templates.yaml",
            "{get_order.delivered_on}",
            "{get_invoice.date}",
            "phrases.get_order.status.en.delivered",
        ),
        (
            "templates.yaml",
            "  order_number_missing:",
            "  order_missing:",
            "clarifications.order_number_missing",
        ),
        (
            "templates.yaml",
            "queue: orders, urgency: high",
            "queue: orders, urgency: now",
            "handovers.cancel_order",
        ),
        ("knowledge/warranty.md", "version: 1", "version: zero", "warranty.md: version"),
        ("knowledge/warranty.md", "---\ndocument_id", "document_id", "warranty.md: front matter"),
        (
            "knowledge/warranty.md",
            "document_id: warranty",
            "document_id: invoices",
            "warranty.md: document_id",
        ),
    ],
)
def test_error_names_file_and_field(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    folder = tmp_path / "task"
    shutil.copytree(FOLDER, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Fatal, match="task_invalid") as caught:
        load_task(folder)
    assert said in caught.value.detail


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"task\.yaml: file: cannot be read"):
        load_task(tmp_path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("text,label\n", "line 1"),
        ("label,text\ncomplaint\n", "line 2: is not a label"),
        ("label,text\ncomplaint,bad\ncomplaint,  \n", "line 3: is not a label"),
        ("label,text\nbuy_a_boat,now\n", "line 2: names no intent"),
    ],
)
def test_bad_examples_name_the_line(tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "examples.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(Fatal, match="task_invalid") as caught:
        load_examples(tmp_path, read_spec(FOLDER / "task.yaml"))
    assert said in caught.value.detail
