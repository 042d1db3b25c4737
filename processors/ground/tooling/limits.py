"""How often a tool is asked, and what is remembered of its answers. Both live in the memory of one process."""

import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from processors.ground.tooling.asking import Call, Ran
from schemas.base import Clock

MOST_REMEMBERED = 1_024
"""Answers; as none is longer than a tool's `max_bytes`, a few megabytes."""

_MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Bucket:
    tokens: float
    at: datetime


class TokenBuckets:
    """One bucket for each tenant and tool: it holds a minute's calls and fills evenly."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, tenant: str, tool: str, calls_per_minute: int) -> float:
        """Take one call and return 0, or return the seconds until there will be one."""
        now, rate = self._clock.now(), calls_per_minute / _MINUTE_SECONDS
        bucket = self._buckets.get((tenant, tool), _Bucket(calls_per_minute, now))
        gained = max(0.0, (now - bucket.at).total_seconds()) * rate
        tokens = min(float(calls_per_minute), bucket.tokens + gained)
        short = max(0.0, 1 - tokens)
        self._buckets[tenant, tool] = _Bucket(tokens if short else tokens - 1, now)
        return short / rate


class RememberedAnswers:
    """Answers with a record, given again to the very same requester for as long as their tool lets them."""

    def __init__(self, clock: Clock, most: int = MOST_REMEMBERED) -> None:
        self._clock = clock
        self._most = most
        self._answers: OrderedDict[str, tuple[datetime, Ran]] = OrderedDict()

    def find(self, call: Call) -> Ran | None:
        """Return what was answered before; it costs nothing now, and says when it was read."""
        until, ran = self._answers.get(_key(call), (None, None))
        if until is None or ran is None or self._clock.now() >= until:
            return None
        return Ran(ran.result.model_copy(update={"cost_usd": Decimal(0)}), "remembered")

    def keep(self, call: Call, ran: Ran) -> None:
        """Remember an answer if its tool allows it, and forget the oldest."""
        if not call.spec.cache_seconds or ran.result.read_at is None:
            return
        key = _key(call)
        self._answers[key] = (ran.result.read_at + timedelta(seconds=call.spec.cache_seconds), ran)
        self._answers.move_to_end(key)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)


def _key(call: Call) -> str:
    """Name who asked what; no two principals share one, nor the same principal in other roles."""
    context = call.asking.context
    who = [context.tenant, context.principal.id, sorted(context.principal.roles)]
    what = [call.asking.task.name, call.spec.name, call.asking.language, sorted(call.given.items())]
    return json.dumps([who, what])
