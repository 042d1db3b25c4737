"""Meaning as vectors: static embeddings, the mean of a vector for each token. No model runs and nothing is fetched."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from schemas.errors import Fatal

Vectors = NDArray[np.float32]

MAX_CHARACTERS = 4_000
MAX_TOKENS = 1_024
"""What a text says after these is left out of its embedding."""

_PACKAGE = "wordllama"
_WEIGHTS = Path("weights", "l2_supercat_256.safetensors")
_TOKENIZER = Path("tokenizers", "l2_supercat_tokenizer_config.json")
_TENSOR = "embedding.weight"


class EmbeddingModel(Protocol):
    """Turns texts into vectors. Must be usable from several threads.

    Attributes:
        version: changes whenever the same text may get another vector; an index is built anew then.
        dimensions: a multiple of 64.
    """

    @property
    def version(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row of length one for each text; zeros for one that has no token."""


class StaticEmbeddings:
    """Implements `EmbeddingModel` with the 256-dimensional vectors of WordLlama, read from its package's files.

    The package itself is never imported: it would ask a model hub for its tokenizer.

    Raises:
        Fatal: `embeddings_missing` if the package's files are not there.
    """

    def __init__(self) -> None:
        folder = _package_folder()
        self._tokens: NDArray[np.float16] = load_file(folder / _WEIGHTS)[_TENSOR]
        self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        self._tokenizer.enable_truncation(MAX_TOKENS)

    @property
    def version(self) -> str:
        return f"{_PACKAGE}-{version(_PACKAGE)}-l2-supercat-{self.dimensions}"

    @property
    def dimensions(self) -> int:
        return int(self._tokens.shape[1])

    def embed(self, texts: Sequence[str]) -> Vectors:
        bounded = [text[:MAX_CHARACTERS] for text in texts]
        encoded = self._tokenizer.encode_batch_fast(bounded, add_special_tokens=False)
        means = np.zeros((len(texts), self.dimensions), np.float32)
        for row, each in enumerate(encoded):
            if each.ids:
                means[row] = self._tokens[each.ids].mean(axis=0, dtype=np.float32)
        return unit(means)

    def words(self, words: Sequence[str]) -> list[Vectors]:
        """Return the vector of each word by itself; its length is left as it is, as it tells how much the word says."""
        encoded = self._tokenizer.encode_batch_fast(list(words), add_special_tokens=False)
        return [self._tokens[each.ids].sum(axis=0, dtype=np.float32) for each in encoded]


@cache
def static_embeddings() -> StaticEmbeddings:
    """Return the model; it is read once in a process (about 20 MB)."""
    return StaticEmbeddings()


def unit(rows: Vectors) -> Vectors:
    """Return the rows at length one; zeros stay zeros."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)


def _package_folder() -> Path:
    spec = find_spec(_PACKAGE)
    folders = (spec.submodule_search_locations or []) if spec else []
    for folder in map(Path, folders):
        if (folder / _WEIGHTS).is_file() and (folder / _TOKENIZER).is_file():
            return folder
    raise Fatal("embeddings_missing", "the package wordllama or its weights are not installed")
