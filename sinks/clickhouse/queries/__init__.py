"""Saved queries; see `sinks.clickhouse.saved`."""
