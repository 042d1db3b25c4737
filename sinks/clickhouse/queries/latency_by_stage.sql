-- How long did each stage take, and how much processor time?
SELECT stage, runs, p50_ms, p95_ms, p99_ms, max_ms, cpu_ms
FROM v_stage_latency
ORDER BY wall_ms DESC, stage
