"""What a demonstration cost and how long its stages took, read from the trace store and the processes themselves."""

import time
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import JsonValue

from schemas.errors import Retryable
from sinks.clickhouse.answer import Answer, Reads
from streams.conservation import Conservation, Kind
from streams.demo.run import Run
from streams.embedded.stack import Stack
from streams.reading import open_reader
from streams.settings import Settings

_RECORDED = """
SELECT (SELECT count() FROM actions FINAL) AS actions,
       (SELECT count() FROM reviews FINAL) AS reviews,
       (SELECT count() FROM dead_letters FINAL) AS dead_letters,
       (SELECT count() FROM audits FINAL) AS audits
"""
_TIERS = """
SELECT tier, sum(actions) AS actions, sum(calls) AS model_calls, sum(tokens) AS tokens, sum(usd) AS cost_usd FROM
(
    SELECT toString(tier) AS tier, count() AS actions, 0 AS calls, 0 AS tokens, toDecimal64(0, 6) AS usd
    FROM actions FINAL GROUP BY tier
    UNION ALL
    SELECT toString(tier), 0, calls, input_tokens + output_tokens, toDecimal64(cost_usd, 6) FROM v_cost_by_tier
)
GROUP BY tier ORDER BY cost_usd DESC, actions DESC
"""
_LATENCY = """
SELECT stage, runs, toDecimal64(p50_ms, 1) AS p50_ms, toDecimal64(p95_ms, 1) AS p95_ms,
    toDecimal64(cpu_ms / runs, 1) AS cpu_ms_each
FROM v_stage_latency ORDER BY cpu_ms DESC
"""
_RECORD_SECONDS = 30.0


@dataclass(frozen=True)
class Figures:
    """Figures of one demonstration.

    Attributes:
        peak_mib: sum over the line's processes of each one's peak resident memory, MiB; 0 where unknown.
        cpu_seconds: processor time by process.
    """

    tiers: Answer
    latency: Answer
    model_calls: int
    tokens: int
    cost_usd: Decimal
    peak_mib: int
    cpu_seconds: dict[str, float]

    def document(self, result: Run) -> dict[str, JsonValue]:
        """Return the summary that `--json` prints."""
        seen = result.conservation
        counts = seen.outcomes()
        return {
            "requests": len(seen.published),
            "outcomes": {str(kind): counts[kind] for kind in Kind},
            "reasons": {
                f"{kind}:{reason}": count for (kind, reason), count in sorted(seen.reasons().items())
            },
            "lost": len(seen.lost),
            "doubled": len(seen.doubled),
            "duplicate_actions": seen.duplicate_actions,
            "unexpected": len(result.unexpected),
            "seconds": round(result.seconds, 2),
            "first_action_seconds": result.first_action_seconds and round(result.first_action_seconds, 2),
            "model_calls": self.model_calls,
            "tokens": self.tokens,
            "cost_usd": float(self.cost_usd),
            "peak_memory_mib": self.peak_mib,
            "cpu_seconds": {name: round(seconds, 2) for name, seconds in self.cpu_seconds.items()},
        }


def figures(reader: Reads, stack: Stack) -> Figures:
    """Read the figures while the line still runs."""
    tiers = reader.query(_TIERS)
    spent = tiers.records()
    return Figures(
        tiers=tiers,
        latency=reader.query(_LATENCY),
        model_calls=sum(int(str(row["model_calls"])) for row in spent),
        tokens=sum(int(str(row["tokens"])) for row in spent),
        cost_usd=sum((Decimal(str(row["cost_usd"])) for row in spent), Decimal(0)).normalize(),
        peak_mib=sum(_peak_kib(pid) for pid in stack.pids().values()) // 1024,
        cpu_seconds={name: _cpu_seconds(pid) for name, pid in stack.pids().items()},
    )


def wait_for_record(settings: Settings, seen: Conservation) -> None:
    """Wait, for a bounded time, until the trace store has every ending that was seen."""
    counts = seen.outcomes()
    wanted = (counts[Kind.ACTION], counts[Kind.REVIEW], counts[Kind.DEAD_LETTER], counts[Kind.DUPLICATE])
    limit = time.monotonic() + _RECORD_SECONDS
    while time.monotonic() < limit:
        with suppress(Retryable), open_reader(settings) as reader:
            found = reader.query(_RECORDED).rows[0]
            if all(int(str(have)) >= want for have, want in zip(found, wanted, strict=True)):
                return
        time.sleep(0.3)


def _peak_kib(pid: int) -> int:
    for line in _proc(pid, "status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def _cpu_seconds(pid: int) -> float:
    fields = _proc(pid, "stat").rpartition(")")[2].split()
    ticks_per_second = 100
    return (int(fields[11]) + int(fields[12])) / ticks_per_second if fields else 0.0


def _proc(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8")
    except OSError:
        return ""
