-- Money set aside before work and settled after it. day is the UTC day whose budget is charged.

CREATE TABLE IF NOT EXISTS reservations
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    reservation_id UUID,
    cost_usd Decimal(18, 12),
    tokens UInt64,
    day Date,
    expires_at DateTime64(3, 'UTC'),
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, toStartOfHour(received_at), request_id, generation, reservation_id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;

-- One row a reservation: a settlement repeated or corrected replaces the one before.
CREATE TABLE IF NOT EXISTS settlements
(
    tenant LowCardinality(String),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    request_id UUID,
    generation UInt32,
    reservation_id UUID,
    cost_usd Decimal(18, 12),
    tokens UInt64,
    day Date,
    event_id UUID,
    src_topic LowCardinality(String),
    src_partition UInt32,
    src_offset UInt64,
    ver UInt64,
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(received_at)
ORDER BY (tenant, toStartOfHour(received_at), request_id, generation, reservation_id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH
SETTINGS non_replicated_deduplication_window = 1000;
