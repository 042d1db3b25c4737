"""Enforce: versioned policy decides what may happen; a model's word is never a permission."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from processors.policy.facts import facts
from schemas.envelope import Note, Work, advance
from schemas.ports import PolicyEngine, Vault
from schemas.proposals import Validated
from schemas.verdicts import Judged, Ruling, Verdict

_HOUR = timedelta(hours=1)
_KEPT = timedelta(hours=2)
_PRUNE_FROM = 1_000
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_Kind = tuple[str, str, str]


@dataclass
class VerdictLog:
    """Verdicts given in a partition: a repeated proposal gets the same one again, and limits see what was allowed.

    What is long past its deadline is forgotten, so that memory follows the traffic of an hour or the longest deadline
    and not that of the whole fold.
    """

    verdicts: dict[UUID, Judged] = field(default_factory=dict)
    allowed: dict[_Kind, dict[UUID, datetime]] = field(default_factory=dict)
    _newest: datetime = _LONG_AGO
    _pruned_at: int = 0

    def add(self, event: Judged) -> None:
        """Remember a verdict; the first one given to a proposal stays."""
        self._newest = max(self._newest, event.context.received_at)
        if len(self.verdicts) >= 2 * self._pruned_at + _PRUNE_FROM:
            self._prune()
        self.verdicts.setdefault(event.proposal_id, event)
        if event.verdict.ruling is not Ruling.DENY:
            taken = self.allowed.setdefault(_kind(event), {})
            taken[event.context.request_id] = event.context.received_at

    def _prune(self) -> None:
        since = self._newest - _KEPT
        self.verdicts = {key: event for key, event in self.verdicts.items() if event.context.deadline > since}
        recent = ((kind, _after(since, taken)) for kind, taken in self.allowed.items())
        self.allowed = {kind: taken for kind, taken in recent if taken}
        self._pruned_at = len(self.verdicts)

    def within_hour(self, event: Validated) -> int:
        """Count the principal's other actions of this type for requests received within an hour of this one.

        Before or after it: requests of several conversations are not judged in the order they were received in, and
        the limit holds in any order.
        """
        received = event.context.received_at
        taken = self.allowed.get(_kind(event), {})
        return sum(
            1
            for request, at in taken.items()
            if request != event.context.request_id and abs(received - at) < _HOUR
        )


@dataclass(frozen=True)
class Enforce:
    """Evaluates policy on facts that code computed, and records ruling, rules and version."""

    policy: PolicyEngine
    vault: Vault

    def build(self, events: Iterable[Judged]) -> VerdictLog:
        """Fold verdicts."""
        log = VerdictLog()
        for event in events:
            log.add(event)
        return log

    async def __call__(self, event: Validated, log: VerdictLog) -> Judged:
        known = log.verdicts.get(event.proposal_id)
        if known is not None:
            return known
        judged = advance(Judged, event, **self._judge(event, log.within_hour(event)))
        log.add(judged)
        return judged

    def _judge(self, event: Validated, same_actions: int) -> dict[str, object]:
        digest = self.vault.digest(event.context, event.action, event.vault)
        known = facts(event, same_actions)
        verdict: Verdict = self.policy.judge(event.context, event.action, known, digest)
        notes = tuple(Note(name=name, value=str(value)) for name, value in sorted(known.items()))
        return {"verdict": verdict, "work": Work(notes=notes)}


def _after(since: datetime, taken: dict[UUID, datetime]) -> dict[UUID, datetime]:
    return {request: at for request, at in taken.items() if at > since}


def _kind(event: Validated) -> _Kind:
    return event.context.tenant, event.context.principal.id, event.action.type
