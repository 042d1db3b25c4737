-- What did each tier use and cost?
SELECT tier, provider, model, requests, calls, failed_calls, input_tokens, output_tokens, cost_usd
FROM v_cost_by_tier
ORDER BY cost_usd DESC, tier, provider, model
