"""Requests for the line, made from those of the shipped sample that never need the larger model."""

import json
from pathlib import Path

import yaml

from processors.tasks.shop_support.sample import FILE
from processors.tasks.task import REGISTRY_FILE
from schemas.topics import Topic
from schemas.wire import Outbound

_ANSWERED = frozenset({"action:send_reply", "action:ask_clarification", "action:hand_to_human"})
"""Refunds are left out: the third within an hour goes to a person, so repeating them would change what they are."""

_PLAIN = frozenset({"note", "expect", "message"})


def templates() -> list[dict[str, object]]:
    """Return the sample's plain requests whose ending is an action that a template fills."""
    lines = [json.loads(text) for text in FILE.read_text(encoding="utf-8").splitlines()]
    return [
        line["message"]
        for line in lines
        if line["expect"] in _ANSWERED and line.keys() <= _PLAIN and "id" in line["message"]
    ]


def requests(run: str, count: int) -> list[Outbound]:
    """Return so many requests, each with an id and a conversation of its own, in the order of the sample."""
    found = templates()
    return [_request(found[number % len(found)], f"bench-{run}-{number}") for number in range(count)]


def _request(template: dict[str, object], name: str) -> Outbound:
    message = {**template, "id": name, "conversation_id": name}
    return Outbound(Topic.REQUESTS, name.encode(), json.dumps(message, ensure_ascii=False).encode())


def generous_registry(task: Path, target: Path) -> None:
    """Write the task's registry with budgets that no benchmark can reach: each request reserves its worst case."""
    registry = yaml.safe_load((task / REGISTRY_FILE).read_text(encoding="utf-8"))
    for tenant in registry["tenants"]:
        tenant |= {"daily_budget_usd": 1_000_000, "daily_tokens": 1_000_000_000_000}
    target.write_text(yaml.safe_dump(registry), encoding="utf-8")
