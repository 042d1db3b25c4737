"""The trace store: what every stage did, in ClickHouse (a server, or the embedded engine), redacted."""
