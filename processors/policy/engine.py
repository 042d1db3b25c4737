"""Cedar in process. Deny by default; forbid wins; an error in evaluation is a denial.

A ruling comes from at most two evaluations of one policy set: allowed as things stand is `allow`; allowed only once a
person has reviewed (`context.reviewed`) is `review`; anything else is `deny`. The same set is evaluated again, with
`reviewed` true, when an approval arrives.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import cedarpy
from pydantic import JsonValue

from processors.policy.schema import cedar_schema
from schemas.actions import Action
from schemas.envelope import Context, Principal
from schemas.errors import Fatal
from schemas.verdicts import Ruling, Verdict

DEFAULT_DENY = "default-deny"


class CedarEngine:
    """Implements `PolicyEngine` over one Cedar policy set.

    Args:
        policies: Cedar policy text; every policy carries an `@id` annotation that verdicts are recorded under.
        permissions: permissions other than those of actions (of tools), so that policies may grant them.

    Raises:
        Fatal: `policy_invalid` when the text does not parse, does not type-check against the generated schema, or
            has a policy without `@id`.
    """

    def __init__(self, policies: str, permissions: Iterable[str] = ()) -> None:
        schema = cedar_schema(permissions)
        _check(policies, schema)
        self._schema = cedarpy.Schema.from_json_str(json.dumps(schema))
        self._policies = cedarpy.PolicySet.from_str(policies)
        self._known = frozenset(schema[""]["actions"])  # type: ignore[index,call-overload,arg-type]
        self.version = hashlib.sha256(policies.encode()).hexdigest()

    def judge(
        self, context: Context, action: Action, facts: Mapping[str, JsonValue], payload_digest: str
    ) -> Verdict:
        """Return the verdict on an action, given the facts of `processors.policy.facts`."""
        ruling, rules = self._rule(context, action, facts)
        return Verdict(ruling=ruling, rules=rules, policy_version=self.version, payload_digest=payload_digest)

    def permits(self, tenant: str, task: str, principal: Principal, permission: str) -> bool:
        """Whether the principal's roles grant a permission that no policy forbids."""
        if permission not in self._known:
            return False
        return self._evaluate(tenant, task, principal, permission, {})[0]

    def _rule(
        self, context: Context, action: Action, facts: Mapping[str, JsonValue]
    ) -> tuple[Ruling, tuple[str, ...]]:
        who = (context.tenant, context.task, context.principal, action.type)
        allowed, rules = self._evaluate(*who, {**facts, "reviewed": False})
        if allowed:
            return Ruling.ALLOW, rules
        reviewable, _ = self._evaluate(*who, {**facts, "reviewed": True})
        return (Ruling.REVIEW if reviewable else Ruling.DENY), rules or (DEFAULT_DENY,)

    def _evaluate(
        self, tenant: str, task: str, principal: Principal, action: str, facts: Mapping[str, JsonValue]
    ) -> tuple[bool, tuple[str, ...]]:
        request = {
            "principal": {"type": "User", "id": principal.id},
            "action": {"type": "Action", "id": action},
            "resource": {"type": "Task", "id": task},
            "context": dict(facts),
        }
        result = cedarpy.is_authorized(
            request, self._policies, _entities(tenant, task, principal), self._schema
        )
        named = result.diagnostics.id_annotations_by_reason
        rules = tuple(sorted(named.get(reason, reason) for reason in result.diagnostics.reasons))
        return bool(result.allowed) and not result.diagnostics.errors, rules


def load_engine(path: Path, permissions: Iterable[str] = ()) -> CedarEngine:
    """Return the engine for a policy file. Raises Fatal when it is missing or invalid."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise Fatal("policy_missing", path.name) from None
    return CedarEngine(text, permissions)


def _check(policies: str, schema: dict[str, JsonValue]) -> None:
    result = cedarpy.validate_policies(policies, schema)
    if not result.validation_passed:
        raise Fatal("policy_invalid", "; ".join(str(error) for error in result.errors)[:500])
    parsed = json.loads(cedarpy.policies_to_json_str(policies))
    unnamed = [
        key for key, policy in parsed["staticPolicies"].items() if not policy.get("annotations", {}).get("id")
    ]
    if unnamed:
        raise Fatal("policy_invalid", f"{len(unnamed)} policies have no @id")


def _entities(tenant: str, task: str, principal: Principal) -> list[dict[str, JsonValue]]:
    roles: list[JsonValue] = [{"type": "Role", "id": role} for role in principal.roles]
    return [
        {"uid": {"type": "User", "id": principal.id}, "attrs": {}, "parents": roles},
        {"uid": {"type": "Task", "id": task}, "attrs": {}, "parents": [{"type": "Tenant", "id": tenant}]},
    ]
