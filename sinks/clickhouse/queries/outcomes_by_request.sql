-- How did each request end? One row for every request and generation.
SELECT request_id, generation, source, source_id, tenant, outcome, reason, ended_in, actions, dead_letters, reviews,
    model_calls, input_tokens, output_tokens, cost_usd
FROM v_request_outcomes
ORDER BY received_at, request_id, generation
