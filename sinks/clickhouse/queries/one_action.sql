-- An action as it was published, with placeholders; the latest unless an id is given.
SELECT action_id, request_id, generation, tenant, action_type, risk, tier, rules, policy_version, approved_by,
    published_at, evidence_chunks, action
FROM actions FINAL
WHERE {action_id:String} IN ('', toString(action_id))
ORDER BY published_at DESC, action_id
LIMIT 1
