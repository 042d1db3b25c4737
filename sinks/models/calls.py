"""Identity and wording of a model call, the same on every redelivery."""

import hashlib
import json
from uuid import UUID

from schemas.base import derive_id
from schemas.envelope import Context
from schemas.ports import Prompt

_SEED_DIGITS = 7


def digest(prompt: Prompt) -> str:
    """Return the SHA-256 of all that decides a model's answer to this prompt."""
    parts = [
        [[message.role, message.content] for message in prompt.messages],
        dict(prompt.schema),
        prompt.max_output_tokens,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def call_id(context: Context, prompt: Prompt, attempt: int) -> UUID:
    """Return the id of an attempt. A repair differs in its prompt, so it has ids of its own."""
    return derive_id(context.request_id, context.generation, prompt.purpose, digest(prompt), attempt)


def seed(prompt: Prompt) -> int:
    """Return the sampling seed of a prompt, below 2**28."""
    return int(digest(prompt)[:_SEED_DIGITS], 16)


def transcript(prompt: Prompt) -> str:
    """Return the messages as one text, for the record."""
    return "\n\n".join(f"{message.role}: {message.content}" for message in prompt.messages)
