-- A dead letter with the redacted event in it; the latest, of one reason if that is given.
SELECT request_id, generation, tenant, stage, reason, detail, error_class, retryable, attempts, source_topic,
    source_partition, source_offset, failed_at, rules, policy_version, body
FROM dead_letters FINAL
WHERE {reason:String} IN ('', reason)
ORDER BY failed_at DESC, request_id
LIMIT 1
