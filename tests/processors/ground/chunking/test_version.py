"""Passages are known by ids in an index that outlives a release, so the rules change only together with their version."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from processors.ground.chunking import CHUNKER
from tests.processors.ground.chunking.test_documents import MediaType, cut

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize(
    ("file", "media_type"),
    [("sample.md", "text/markdown"), ("sample.html", "text/html"), ("sample.txt", "text/plain")],
)
def test_a_sample_is_cut_as_this_version_does(file: str, media_type: MediaType) -> None:
    """Raise `CHUNKER`, then run with UPDATE_SNAPSHOTS=1."""
    text = (SAMPLES / file).read_text(encoding="utf-8")
    passages = [asdict(piece) for piece in cut(text, media_type, "Returns and exchanges")]
    found = json.dumps({"chunker": CHUNKER, "passages": passages}, indent=1, ensure_ascii=False) + "\n"
    snapshot = SAMPLES / f"{file}.json"
    kept = snapshot.read_text(encoding="utf-8") if snapshot.exists() else "{}"
    if os.environ.get("UPDATE_SNAPSHOTS") and json.loads(kept).get("chunker") != CHUNKER:
        snapshot.write_text(found, encoding="utf-8")
        kept = found
    assert found == kept
