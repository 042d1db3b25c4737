-- What policy and people decided, and how requests ended.

CREATE TABLE IF NOT EXISTS verdicts
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    task LowCardinality(String),
    judged_at DateTime64(3, 'UTC'),
    proposal_id UUID,
    tier LowCardinality(String),
    action_type LowCardinality(String),
    risk LowCardinality(String),
    label LowCardinality(String),
    confidence Float64,
    ruling LowCardinality(String),
    rules Array(LowCardinality(String)),
    policy_version LowCardinality(String),
    payload_digest String,
    action String CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 30 DAY,
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, toStartOfHour(received_at), request_id, generation, proposal_id, event_id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS reviews
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    task LowCardinality(String),
    review_id UUID,
    tier LowCardinality(String),
    action_type LowCardinality(String),
    rules Array(LowCardinality(String)),
    policy_version LowCardinality(String),
    payload_digest String,
    opened_at DateTime64(3, 'UTC'),
    expires_at DateTime64(3, 'UTC'),
    action String CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 30 DAY,
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, toStartOfHour(received_at), request_id, generation, review_id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

-- decided_at is the broker's append time of the decision.
CREATE TABLE IF NOT EXISTS decisions
(
    tenant LowCardinality(String),
    decided_at DateTime64(3, 'UTC'),
    review_id UUID,
    decision_id UUID,
    reviewer_id String,
    decision LowCardinality(String),
    payload_digest String,
    reason LowCardinality(String),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(decided_at)
ORDER BY (tenant, review_id, decision_id)
TTL toDateTime(decided_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

-- The redacted twin of each published action. Keyed by the record's place in its topic as well, so that an action
-- published twice shows as two rows instead of hiding behind one.
CREATE TABLE IF NOT EXISTS actions
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    task LowCardinality(String),
    action_id UUID,
    published_at DateTime64(3, 'UTC'),
    action_type LowCardinality(String),
    risk LowCardinality(String),
    tier LowCardinality(String),
    rules Array(LowCardinality(String)),
    policy_version LowCardinality(String),
    payload_digest String,
    review_id UUID,
    decision_id UUID,
    approved_by String,
    key_id LowCardinality(String),
    evidence_chunks Array(String),
    action String CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 30 DAY,
    calls UInt32,
    input_tokens UInt64,
    output_tokens UInt64,
    cost_usd Decimal(18, 12),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, toStartOfHour(received_at), request_id, generation, action_id, src_partition, src_offset)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

-- known = 0: the request could not be read, so its id is derived from its place and append time in the broker.
CREATE TABLE IF NOT EXISTS dead_letters
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    known UInt8,
    source LowCardinality(String),
    source_id String,
    task LowCardinality(String),
    stage LowCardinality(String),
    reason LowCardinality(String),
    detail String,
    error_class LowCardinality(String),
    retryable UInt8,
    attempts UInt32,
    source_topic LowCardinality(String),
    source_partition UInt32,
    source_offset UInt64,
    failed_at DateTime64(3, 'UTC'),
    policy_version LowCardinality(String),
    rules Array(LowCardinality(String)),
    review_id UUID,
    body String CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 30 DAY,
    calls UInt32,
    input_tokens UInt64,
    output_tokens UInt64,
    cost_usd Decimal(18, 12),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, request_id, generation, event_id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

-- What a stage did not forward and what ends no request, a repeated publication for instance.
CREATE TABLE IF NOT EXISTS audits
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    task LowCardinality(String),
    source LowCardinality(String),
    source_id String,
    stage LowCardinality(String),
    kind LowCardinality(String),
    detail String,
    source_topic LowCardinality(String),
    source_partition UInt32,
    source_offset UInt64,
    audited_at DateTime64(3, 'UTC'),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY
    (tenant, toStartOfHour(received_at), request_id, generation, stage, kind, source_topic, source_partition, source_offset)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS statuses
(
    tenant LowCardinality(String),
    changed_at DateTime64(3, 'UTC'),
    request_id UUID,
    generation UInt32,
    source LowCardinality(String),
    source_id String,
    state LowCardinality(String),
    reason LowCardinality(String),
    action_id UUID,
    action_type LowCardinality(String),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(changed_at)
ORDER BY (tenant, request_id, generation, state, event_id)
TTL toDateTime(changed_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

-- What came of an action, as the system that executed it reported. satisfaction: 1 to 5, 0 for unrated.
CREATE TABLE IF NOT EXISTS outcomes
(
    tenant LowCardinality(String),
    action_id UUID,
    system LowCardinality(String),
    outcome LowCardinality(String),
    at DateTime64(3, 'UTC'),
    satisfaction UInt8,
    reported_at DateTime64(3, 'UTC'),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, action_id, system, outcome, at)
TTL toDateTime(at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;
