"""A chat model that says what a script tells it to, for tests and rehearsals."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from schemas.base import Clock
from schemas.envelope import Context, ModelCall, Tier, Usd
from schemas.ports import Completion, Prompt
from sinks.models import calls, tokens
from sinks.models.prices import Price


@dataclass(frozen=True, slots=True)
class Failure:
    """A reply that is none: the code of what goes wrong, and whether it may pass."""

    code: str
    temporary: bool = False


Reply = str | Failure
EXHAUSTED = Failure("script_exhausted")


@dataclass
class Scripted:
    """Implements `ChatModel` without an endpoint.

    Attributes:
        replies: one for each call, or a function of the prompt. After the last, calls fail with `script_exhausted`.
        prompts: every prompt seen.
    """

    replies: Iterable[Reply] | Callable[[Prompt], Reply]
    price: Price
    clock: Clock
    model: str = "scripted"
    prompts: list[Prompt] = field(default_factory=list)
    _next: Iterator[Reply] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._next = iter(()) if callable(self.replies) else iter(self.replies)

    def worst_case(self, prompt_bytes: int, max_output_tokens: int) -> tuple[Usd, int]:
        worst = tokens.worst_case(prompt_bytes, max_output_tokens)
        return self.price.cost(worst, self.clock.now()), worst.input + worst.output

    async def complete(self, context: Context, prompt: Prompt, tier: Tier) -> Completion:
        if self.clock.now() >= context.deadline:
            return Completion(None, (), "deadline_passed")
        self.prompts.append(prompt)
        reply = self.replies(prompt) if callable(self.replies) else next(self._next, EXHAUSTED)
        call = self._record(context, prompt, tier, reply)
        if isinstance(reply, Failure):
            return Completion(None, (call,), reply.code, reply.temporary)
        return Completion(reply, (call,))

    def _record(self, context: Context, prompt: Prompt, tier: Tier, reply: Reply) -> ModelCall:
        failed = isinstance(reply, Failure)
        text = "" if isinstance(reply, Failure) else reply
        counted = tokens.Tokens() if failed else tokens.estimated(prompt.characters, len(text))
        return ModelCall(
            call_id=calls.call_id(context, prompt, 1),
            tier=tier,
            provider="scripted",
            model=self.model,
            purpose=prompt.purpose,
            prompt_version=prompt.version,
            attempt=1,
            status=reply.code if isinstance(reply, Failure) else "ok",
            input_tokens=counted.input,
            output_tokens=counted.output,
            estimated=counted.estimated,
            cost_usd=self.price.cost(counted, self.clock.now()),
            price_version=self.price.version,
            prompt=calls.transcript(prompt),
            response=text,
            temporary_failure=isinstance(reply, Failure) and reply.temporary,
        )
