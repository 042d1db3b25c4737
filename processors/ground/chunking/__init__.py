"""Chunking: a document's blocks, by its media type, packed into passages along its headings."""

from processors.ground.chunking.blocks import ACTIVE_CONTENT, HIDDEN_TEXT, Removed
from processors.ground.chunking.counting import count_tokens
from processors.ground.chunking.documents import CHUNKER, MOST_PASSAGES, Piece, chunk
from processors.ground.chunking.packing import PASSAGE_TOKENS

__all__ = [
    "ACTIVE_CONTENT",
    "CHUNKER",
    "HIDDEN_TEXT",
    "MOST_PASSAGES",
    "PASSAGE_TOKENS",
    "Piece",
    "Removed",
    "chunk",
    "count_tokens",
]
