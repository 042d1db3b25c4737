"""Tokens of one attempt: as the provider reported them, else estimated from characters."""

import math
from dataclasses import dataclass

LIKELY_CHARACTERS_PER_TOKEN = 4
FRAME_TOKENS = 64
"""What a chat template adds to the messages."""

MOST_REPORTED = 10_000_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens that count for the price. `cached` is a part of `input`, `reasoning` a part of `output`."""

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    estimated: bool = False


def estimated(characters_sent: int, characters_received: int) -> Tokens:
    """Return the likely tokens of an exchange whose provider reported none."""
    return Tokens(_likely(characters_sent), _likely(characters_received), estimated=True)


def worst_case(bytes_sent: int, max_output_tokens: int) -> Tokens:
    """Return the most tokens that one attempt of this size can take, also to be booked when no answer was received.

    No vocabulary of byte pairs makes more tokens of a text than it has bytes, and a requester can write one of which it
    makes as many: single digits, rare scripts, emoji.
    """
    return Tokens(bytes_sent + FRAME_TOKENS, max_output_tokens, estimated=True)


def reported(usage: object) -> Tokens | None:
    """Read a response's `usage`; None when it is absent or makes no sense."""
    if not isinstance(usage, dict):
        return None
    sent, received = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    if not sent or received is None:
        return None
    cached = _count(usage.get("prompt_tokens_details"), "cached_tokens") or 0
    reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens") or 0
    return Tokens(sent, received, min(cached, sent), min(reasoning, received))


def _count(holder: object, name: str) -> int | None:
    value = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MOST_REPORTED else None


def _likely(characters: int) -> int:
    return math.ceil(characters / LIKELY_CHARACTERS_PER_TOKEN)
