"""No larger model at all: every call fails for good, so that what needs one goes to a person."""

from decimal import Decimal

from schemas.envelope import Context, Tier, Usd
from schemas.ports import Completion, Prompt


class AbsentModel:
    """Implements `ChatModel` where none is configured."""

    model = "none"

    def worst_case(self, prompt_bytes: int, max_output_tokens: int) -> tuple[Usd, int]:  # noqa: ARG002
        return Decimal(0), 0

    async def complete(self, context: Context, prompt: Prompt, tier: Tier) -> Completion:  # noqa: ARG002
        return Completion(None, (), "model_absent")
