-- What every stage did, for every request and generation.
--
-- received_at is the broker's append time of the request, carried along by everything that follows from it: a record
-- read twice meets its first copy in the same partition under the same key and replaces it. Nothing that a replay or a
-- second delivery may change stands in a key. ver decides which copy stays; it ranks records, never clocks.

-- Keyed without time: a publication repeated under the same id has another append time and is still the same request.
CREATE TABLE IF NOT EXISTS requests
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    source LowCardinality(String),
    source_id String,
    principal_id String,
    roles Array(LowCardinality(String)),
    task LowCardinality(String),
    conversation_id String,
    language LowCardinality(String),
    deadline DateTime64(3, 'UTC'),
    priority LowCardinality(String),
    max_cost_usd Decimal(18, 12),
    max_tokens UInt64,
    trace_id String,
    origin_topic LowCardinality(String),
    origin_partition UInt32,
    origin_offset UInt64,
    text String CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 30 DAY,
    fields String CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 30 DAY,
    turns String CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 30 DAY,
    identifiers Map(LowCardinality(String), String) TTL toDateTime(received_at) + INTERVAL 30 DAY,
    findings Map(LowCardinality(String), UInt32),
    signals Array(LowCardinality(String)),
    redaction_version LowCardinality(String),
    admitted UInt8,
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_source_id source_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, request_id, generation)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

-- One row for each event that a stage emitted: the stage's work travels in it.
CREATE TABLE IF NOT EXISTS stage_events
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    stage LowCardinality(String),
    topic LowCardinality(String),
    event_type LowCardinality(String),
    trace_id String,
    span_id String,
    started_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    emitted_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    wall_us UInt64 CODEC(T64, ZSTD(1)),
    cpu_us UInt64 CODEC(T64, ZSTD(1)),
    attempt UInt32,
    model_calls UInt32,
    notes Map(LowCardinality(String), String),
    facts Map(LowCardinality(String), String),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, toStartOfHour(received_at), request_id, generation, topic, event_id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

-- One row for each attempt at a model; cost is charged here, and only here.
CREATE TABLE IF NOT EXISTS model_calls
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    task LowCardinality(String),
    stage LowCardinality(String),
    call_id UUID,
    called_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    tier LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    purpose LowCardinality(String),
    prompt_version LowCardinality(String),
    attempt UInt32,
    status LowCardinality(String),
    finish_reason LowCardinality(String),
    input_tokens UInt64 CODEC(T64, ZSTD(1)),
    cached_tokens UInt64 CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    reasoning_tokens UInt64 CODEC(T64, ZSTD(1)),
    estimated UInt8,
    cost_usd Decimal(18, 12),
    price_version LowCardinality(String),
    latency_ms UInt64 CODEC(T64, ZSTD(1)),
    temporary_failure UInt8,
    prompt_chars UInt64 CODEC(T64, ZSTD(1)),
    response_chars UInt64 CODEC(T64, ZSTD(1)),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, toStartOfHour(received_at), request_id, generation, call_id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

-- What models were shown and answered, redacted; apart, to be kept shorter and granted to fewer.
CREATE TABLE IF NOT EXISTS model_payloads
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    call_id UUID,
    prompt String CODEC(ZSTD(3)),
    response String CODEC(ZSTD(3)),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toMonday(received_at)
ORDER BY (tenant, toStartOfHour(received_at), request_id, generation, call_id)
TTL toDateTime(received_at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 1000;

-- Evidence considered, permitted or not, and by which entry of the access list.
CREATE TABLE IF NOT EXISTS chunk_uses
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    task LowCardinality(String),
    stage LowCardinality(String),
    used_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    ordinal UInt32,
    chunk_id String,
    document_id String,
    rank UInt32,
    score Float64,
    permitted UInt8,
    permitted_by String,
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, toStartOfHour(received_at), request_id, generation, event_id, ordinal)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;
