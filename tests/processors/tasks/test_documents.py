"""Knowledge files: what their names and heads say of them, and what is wrong with those that cannot be read."""

from pathlib import Path

import pytest

from processors.tasks import shop_support
from processors.tasks.documents import load_documents
from schemas.errors import Fatal

HEAD = """---
document_id: NAME
version: 1
title: Returns
document_type: policy
product_area: home
language: en
tenants: [acme-shop, nordwind]
access: { roles: [agent], tenants: [petit-bazar] }
---
"""


def _write(folder: Path, file: str, body: bytes, head: str = HEAD) -> None:
    (folder / file).write_bytes(head.replace("NAME", Path(file).stem).encode() + body)


def test_a_files_name_says_how_it_is_written_and_its_head_the_rest(tmp_path: Path) -> None:
    for file in ("a.md", "b.html", "c.txt", "d.csv", "e.md.orig"):
        _write(tmp_path, file, b"Text.")
    found = load_documents(tmp_path)
    assert [(d.document_id, d.tenant, d.media_type) for d in found] == [
        (name, tenant, media_type)
        for name, media_type in (("a", "text/markdown"), ("b", "text/html"), ("c", "text/plain"))
        for tenant in ("acme-shop", "nordwind")
    ]
    assert {(d.document_type, d.product_area, d.access.tenants) for d in found} == {
        ("policy", "home", ("petit-bazar",))
    }


def test_a_byte_order_mark_and_foreign_line_ends_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode() + b"x\r\ny")
    assert load_documents(tmp_path)[0].text == "x\ny"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"One.\nSecret caf\xe9.\n", "a.md: line 12: is not UTF-8"),
        ("Secret".encode("utf-16"), "a.md: line 11: is not UTF-8"),
        (b" \n", "a.md: body: is empty"),
        (b"Secret " * 80_000, "a.md: body: is too long"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_place_never_by_text(
    tmp_path: Path, body: bytes, says: str
) -> None:
    _write(tmp_path, "a.md", body)
    with pytest.raises(Fatal, match="task_invalid") as caught:
        load_documents(tmp_path)
    assert caught.value.detail == says
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "line", ["document_type: Not A Code", "product_area: 'Home Area'", "access: { tenants: ['Two words'] }"]
)
def test_a_head_that_does_not_fit_is_refused(tmp_path: Path, line: str) -> None:
    field = line.partition(":")[0]
    head = "\n".join(line if each.startswith(field) else each for each in HEAD.split("\n"))
    _write(tmp_path, "a.md", b"Text.", head)
    with pytest.raises(Fatal, match=rf"a\.md: {field}"):
        load_documents(tmp_path)


def test_the_shops_documents_have_types_and_areas() -> None:
    found = load_documents(Path(shop_support.__file__).parent / "knowledge")
    assert {d.document_type for d in found} >= {
        "article",
        "policy",
        "faq",
        "catalogue",
        "internal",
        "campaign",
    }
    assert {d.product_area for d in found} >= {"", "home", "kitchen", "outdoor"}
    assert {d.document_type for d in found if d.document_id.endswith("-internal")} == {"internal"}
