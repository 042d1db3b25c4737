-- Why did requests end without an action?
SELECT stage, reason, dead_letters, requests, retryable, unreadable
FROM v_dead_letter_reasons
ORDER BY dead_letters DESC, stage, reason
