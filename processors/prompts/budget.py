"""How long a prompt is, in tokens, and what is left out of it when it is too long."""

import math
import re

from schemas.ports import Prompt

FRAME_TOKENS = 64
"""What a chat template adds to the messages."""

_PIECE = re.compile(r"[A-Za-z]+|\d|[^\sA-Za-z\d]|\n")
_LETTERS_PER_TOKEN = 3


def tokens(text: str) -> int:
    """Return how many tokens a text is, estimated on the high side: vocabularies differ, and an overflow is a failure."""
    return sum(_tokens_of(piece) for piece in _PIECE.findall(text))


def prompt_tokens(prompt: Prompt) -> int:
    """Return how many tokens a prompt and its answer take at most."""
    said = sum(tokens(message.content) for message in prompt.messages)
    return said + prompt.max_output_tokens + FRAME_TOKENS


def _tokens_of(piece: str) -> int:
    if piece.isascii():
        return math.ceil(len(piece) / _LETTERS_PER_TOKEN)
    return math.ceil(len(piece.encode()) / 2)
