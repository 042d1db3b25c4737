-- What operators and publishers of knowledge put in force, and what record could not read.

-- A document without its words: those are redacted only where the line takes them in.
CREATE TABLE IF NOT EXISTS documents
(
    tenant LowCardinality(String),
    document_id String,
    version UInt64,
    published_at DateTime64(3, 'UTC'),
    media_type LowCardinality(String),
    language LowCardinality(String),
    characters UInt64,
    roles Array(LowCardinality(String)),
    principals UInt32,
    valid_from Nullable(DateTime64(3, 'UTC')),
    valid_until Nullable(DateTime64(3, 'UTC')),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, document_id, version)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS controls
(
    tenant LowCardinality(String),
    action_type LowCardinality(String),
    engaged UInt8,
    engaged_by String,
    at DateTime64(3, 'UTC'),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, action_type, at, src_partition, src_offset)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS policies
(
    tenant LowCardinality(String),
    task LowCardinality(String),
    version String,
    cedar String CODEC(ZSTD(3)),
    at DateTime64(3, 'UTC'),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, task, version)
SETTINGS non_replicated_deduplication_window = 1000;

-- Records that could not be decoded, and rows that could not be stored (into names their table). Coordinates and a
-- code only. at stands in the key because a broker that keeps its data in memory counts from 0 again when restarted.
CREATE TABLE IF NOT EXISTS poison
(
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    at DateTime64(3, 'UTC'),
    into LowCardinality(String),
    error LowCardinality(String),
    ver UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(at)
ORDER BY (src_topic, src_partition, src_offset, at, into)
TTL toDateTime(at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;
