"""A chat model that remembers, so that a redelivery to the same worker is not billed again."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from schemas.envelope import Context, ModelCall, Tier, Usd
from schemas.ports import ChatModel, Completion, Prompt
from sinks.models import calls

CAPACITY = 1024


@dataclass
class Remembered:
    """Wraps a `ChatModel`. What ended for good is repeated; after a temporary failure the model is called again.

    The attempts of temporary failures are kept and reported with what follows them, so that none goes unbooked.

    Attributes:
        capacity: prompts remembered; the one not used for longest is forgotten.
    """

    inner: ChatModel
    capacity: int = CAPACITY
    _known: OrderedDict[Hashable, Completion] = field(default_factory=OrderedDict, repr=False)

    @property
    def model(self) -> str:
        return self.inner.model

    def worst_case(self, prompt_bytes: int, max_output_tokens: int) -> tuple[Usd, int]:
        return self.inner.worst_case(prompt_bytes, max_output_tokens)

    async def complete(self, context: Context, prompt: Prompt, tier: Tier) -> Completion:
        key = (context.request_id, context.generation, prompt.purpose, calls.digest(prompt))
        known = self._known.get(key)
        if known is None or _unfinished(known):
            fresh = await self.inner.complete(context, prompt, tier)
            known = fresh if known is None else _after(known.calls, fresh, context, prompt)
        self._remember(key, known)
        return known

    def _remember(self, key: Hashable, completion: Completion) -> None:
        self._known[key] = completion
        self._known.move_to_end(key)
        while len(self._known) > self.capacity:
            self._known.popitem(last=False)


def _unfinished(completion: Completion) -> bool:
    return completion.text is None and completion.temporary


def _after(
    earlier: tuple[ModelCall, ...], completion: Completion, context: Context, prompt: Prompt
) -> Completion:
    """Number a completion's attempts on from those that failed before."""
    renumbered = (_numbered(call, len(earlier) + call.attempt, context, prompt) for call in completion.calls)
    return replace(completion, calls=(*earlier, *renumbered))


def _numbered(call: ModelCall, attempt: int, context: Context, prompt: Prompt) -> ModelCall:
    return call.model_copy(update={"attempt": attempt, "call_id": calls.call_id(context, prompt, attempt)})
