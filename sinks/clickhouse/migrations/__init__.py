"""Numbered SQL files; see `sinks.clickhouse.migrate`."""
