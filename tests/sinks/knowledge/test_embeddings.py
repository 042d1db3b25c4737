"""Static embeddings, read from the package's files."""

import subprocess
import sys

import numpy as np
import pytest

from schemas.errors import Fatal
from sinks.knowledge import embeddings
from sinks.knowledge.embeddings import StaticEmbeddings, static_embeddings


def test_texts_alike_in_meaning_are_nearer() -> None:
    asked, near, far = static_embeddings().embed(
        ["How do I send the goods back?", "Returning an item to the shop", "The weather is cold in winter"]
    )
    assert asked @ near > asked @ far + 0.1


def test_a_text_is_the_mean_of_its_tokens_at_length_one() -> None:
    model = static_embeddings()
    one, same, nothing = model.embed(["a lamp", "a lamp", ""])
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    assert (one == same).all()
    assert not nothing.any()
    assert one.dtype == np.float32
    assert model.dimensions == len(one) == 256
    assert model.embed([]).shape == (0, 256)


def test_what_stands_behind_the_bound_does_not_count() -> None:
    model = static_embeddings()
    start = "lamp " * embeddings.MAX_CHARACTERS
    long, longer = model.embed([start, start + "refund " * 1_000])
    assert (long == longer).all()


def test_the_version_names_the_package_and_its_weights() -> None:
    assert static_embeddings().version.startswith("wordllama-0.")
    assert static_embeddings().version.endswith("-256")


def test_a_package_without_its_files_is_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pydantic", "no_such_package_anywhere"):
        monkeypatch.setattr(embeddings, "_PACKAGE", name)
        with pytest.raises(Fatal, match="embeddings_missing"):
            StaticEmbeddings()


def test_the_package_itself_is_never_imported() -> None:
    code = (
        "import sys; from sinks.knowledge.embeddings import StaticEmbeddings;"
        "StaticEmbeddings().embed(['x']); sys.exit('wordllama' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
