-- Questions an analyst asks. FINAL everywhere: exact although records are delivered at least once.

-- Exactly one row for every request and generation: how it ended, or where it is.
-- outcome: acted (reason: the action's type), rejected (reason: the dead letter's), in_review (open, expired), in_flight.
-- actions, dead_letters and reviews count what was found; more than one ending breaks conservation and shows here.
CREATE VIEW IF NOT EXISTS v_request_outcomes AS
SELECT
    e.request_id AS request_id,
    e.generation AS generation,
    max(e.tenant) AS tenant,
    max(e.task) AS task,
    max(e.source) AS source,
    max(e.source_id) AS source_id,
    max(e.known) AS known,
    min(e.received_at) AS received_at,
    max(e.ended_at) AS ended_at,
    max(e.stage_rank) AS final_rank,
    multiIf(final_rank = 3, 'acted', final_rank = 2, 'rejected', final_rank = 1, 'in_review', 'in_flight') AS outcome,
    multiIf(
        final_rank > 1, argMax(e.reason, (e.stage_rank, e.ended_at)),
        final_rank = 1, if(max(e.expires_at) < now64(3), 'expired', 'open'),
        '') AS reason,
    argMax(e.ended_in, (e.stage_rank, e.ended_at)) AS ended_in,
    countIf(e.stage_rank = 3) AS actions,
    countIf(e.stage_rank = 2) AS dead_letters,
    countIf(e.stage_rank = 1) AS reviews,
    sum(e.call_count) AS model_calls,
    sum(e.input_tokens) AS input_tokens,
    sum(e.output_tokens) AS output_tokens,
    sum(e.cost_usd) AS cost_usd
FROM
(
    SELECT request_id, generation, tenant, task, source, source_id, 1 AS known, received_at,
        toDateTime64(0, 3, 'UTC') AS ended_at, 0 AS stage_rank, '' AS reason, '' AS ended_in,
        toDateTime64(0, 3, 'UTC') AS expires_at,
        0 AS call_count, 0 AS input_tokens, 0 AS output_tokens, toDecimal64(0, 12) AS cost_usd
    FROM requests FINAL
    UNION ALL
    SELECT request_id, generation, tenant, task, '', '', 1, received_at,
        opened_at, 1, '', 'settle', expires_at, 0, 0, 0, toDecimal64(0, 12)
    FROM reviews FINAL
    UNION ALL
    SELECT request_id, generation, tenant, task, source, source_id, known, received_at,
        failed_at, 2, reason, stage, toDateTime64(0, 3, 'UTC'), 0, 0, 0, toDecimal64(0, 12)
    FROM dead_letters FINAL
    WHERE known = 1 OR source_topic = 'requests'
    UNION ALL
    SELECT request_id, generation, tenant, task, '', '', 1, received_at,
        published_at, 3, action_type, 'settle', toDateTime64(0, 3, 'UTC'), 0, 0, 0, toDecimal64(0, 12)
    FROM actions FINAL
    UNION ALL
    SELECT request_id, generation, tenant, task, '', '', 1, received_at,
        toDateTime64(0, 3, 'UTC'), 0, '', '', toDateTime64(0, 3, 'UTC'), 1, input_tokens, output_tokens, cost_usd
    FROM model_calls FINAL
) AS e
GROUP BY request_id, generation;

-- How many requests ended how.
CREATE VIEW IF NOT EXISTS v_funnel AS
SELECT tenant, task, outcome, reason, ended_in, count() AS requests, sum(o.cost_usd) AS cost_usd
FROM v_request_outcomes AS o
GROUP BY tenant, task, outcome, reason, ended_in;

-- What each tier spent.
CREATE VIEW IF NOT EXISTS v_cost_by_tier AS
SELECT tier, provider, model, count() AS calls, countIf(status != 'ok') AS failed_calls,
    sum(c.input_tokens) AS input_tokens, sum(c.output_tokens) AS output_tokens, sum(c.cost_usd) AS cost_usd,
    uniqExact(request_id, generation) AS requests
FROM model_calls AS c FINAL
GROUP BY tier, provider, model;

-- What each tenant spent, and on how many requests.
CREATE VIEW IF NOT EXISTS v_cost_by_tenant AS
SELECT tenant, count() AS requests, countIf(outcome = 'acted') AS acted, sum(o.model_calls) AS calls,
    sum(o.input_tokens) AS input_tokens, sum(o.output_tokens) AS output_tokens, sum(o.cost_usd) AS cost_usd
FROM v_request_outcomes AS o
GROUP BY tenant;

-- What was spent for the requests of each day (UTC, by the request's append time).
CREATE VIEW IF NOT EXISTS v_cost_by_day AS
SELECT toDate(received_at) AS day, tenant, tier, count() AS calls,
    sum(c.input_tokens) AS input_tokens, sum(c.output_tokens) AS output_tokens, sum(c.cost_usd) AS cost_usd
FROM model_calls AS c FINAL
GROUP BY day, tenant, tier;

-- How long each stage took. A stage that emits several events for one input did its work once.
CREATE VIEW IF NOT EXISTS v_stage_latency AS
SELECT stage, count() AS runs,
    round(quantileExact(0.5)(w.wall_us) / 1000, 3) AS p50_ms,
    round(quantileExact(0.95)(w.wall_us) / 1000, 3) AS p95_ms,
    round(quantileExact(0.99)(w.wall_us) / 1000, 3) AS p99_ms,
    round(max(w.wall_us) / 1000, 3) AS max_ms,
    round(sum(w.wall_us) / 1000, 3) AS wall_ms,
    round(sum(w.cpu_us) / 1000, 3) AS cpu_ms
FROM
(
    SELECT stage, max(s.wall_us) AS wall_us, max(s.cpu_us) AS cpu_us
    FROM stage_events AS s FINAL
    WHERE stage != ''
    GROUP BY request_id, generation, stage, attempt, started_at
) AS w
GROUP BY stage;

-- Why requests ended without an action.
CREATE VIEW IF NOT EXISTS v_dead_letter_reasons AS
SELECT stage, reason, count() AS dead_letters, uniqExact(request_id, generation) AS requests,
    countIf(retryable = 1) AS retryable, countIf(known = 0) AS unreadable,
    min(failed_at) AS first_at, max(failed_at) AS last_at
FROM dead_letters FINAL
GROUP BY stage, reason;

-- What a day's budget has been charged: settled amounts, and reservations not settled yet.
CREATE VIEW IF NOT EXISTS v_budget_by_day AS
SELECT r.tenant AS tenant, r.day AS day, count() AS reservations,
    sum(r.cost_usd) AS reserved_usd,
    sumIf(s.cost_usd, s.found = 1) AS settled_usd,
    sumIf(r.cost_usd, s.found = 0) AS open_usd,
    countIf(s.found = 0) AS open_reservations
FROM (SELECT tenant, day, reservation_id, cost_usd FROM reservations FINAL) AS r
LEFT JOIN (SELECT reservation_id, cost_usd, 1 AS found FROM settlements FINAL) AS s
    ON s.reservation_id = r.reservation_id
GROUP BY tenant, day;

-- What came of published actions.
CREATE VIEW IF NOT EXISTS v_action_outcomes AS
SELECT a.request_id AS request_id, a.generation AS generation, a.action_id AS action_id, a.tenant AS tenant,
    a.task AS task, a.action_type AS action_type, a.tier AS tier, a.published_at AS published_at,
    o.system AS system, o.outcome AS outcome, o.at AS at, o.satisfaction AS satisfaction
FROM (SELECT * FROM actions FINAL) AS a
INNER JOIN (SELECT * FROM outcomes FINAL) AS o ON o.tenant = a.tenant AND o.action_id = a.action_id;

-- One request's whole way: SELECT * FROM request_story(rid = '...') ORDER BY generation, at, step
CREATE VIEW IF NOT EXISTS request_story AS
SELECT generation, started_at AS at, 1 AS step, 'stage' AS kind, stage AS name, topic AS result,
    wall_us / 1000 AS ms, toUInt64(0) AS tokens, toDecimal64(0, 12) AS cost_usd,
    toString(mapUpdate(CAST(notes, 'Map(String, String)'), CAST(facts, 'Map(String, String)'))) AS detail
FROM stage_events FINAL WHERE request_id = {rid:UUID}
UNION ALL
SELECT generation, called_at, 2, 'model call', concat(tier, ' ', model), status,
    toFloat64(latency_ms), input_tokens + output_tokens, cost_usd,
    concat(purpose, ' attempt ', toString(attempt))
FROM model_calls FINAL WHERE request_id = {rid:UUID}
UNION ALL
SELECT generation, used_at, 3, 'chunk', chunk_id, if(permitted = 1, 'permitted', 'withheld'),
    0., 0, 0, permitted_by
FROM chunk_uses FINAL WHERE request_id = {rid:UUID}
UNION ALL
SELECT generation, toDateTime64(judged_at, 6, 'UTC'), 4, 'verdict', action_type, ruling,
    0., 0, 0, concat(arrayStringConcat(rules, ', '), ' of policy ', substring(policy_version, 1, 12))
FROM verdicts FINAL WHERE request_id = {rid:UUID}
UNION ALL
SELECT generation, toDateTime64(opened_at, 6, 'UTC'), 5, 'review', action_type, 'opened',
    0., 0, 0, concat('expires ', toString(expires_at))
FROM reviews FINAL WHERE request_id = {rid:UUID}
UNION ALL
SELECT r.generation, toDateTime64(d.decided_at, 6, 'UTC'), 6, 'decision', d.reviewer_id, d.decision, 0., 0, 0, d.reason
FROM (SELECT * FROM decisions FINAL) AS d
INNER JOIN (SELECT review_id, tenant, generation FROM reviews FINAL WHERE request_id = {rid:UUID}) AS r
    ON r.review_id = d.review_id AND r.tenant = d.tenant
UNION ALL
SELECT generation, toDateTime64(audited_at, 6, 'UTC'), 7, 'audit', stage, kind, 0., 0, 0, detail
FROM audits FINAL WHERE request_id = {rid:UUID}
UNION ALL
SELECT generation, toDateTime64(failed_at, 6, 'UTC'), 8, 'dead letter', stage, reason, 0., 0, 0, detail
FROM dead_letters FINAL WHERE request_id = {rid:UUID}
UNION ALL
SELECT generation, toDateTime64(published_at, 6, 'UTC'), 9, 'action', action_type, 'published',
    0., input_tokens + output_tokens, cost_usd, toString(action_id)
FROM actions FINAL WHERE request_id = {rid:UUID};
