-- How did the requests end, and why?
SELECT outcome, reason, sum(requests) AS requests, sum(f.cost_usd) AS cost_usd
FROM v_funnel AS f
GROUP BY outcome, reason
ORDER BY requests DESC, outcome, reason
