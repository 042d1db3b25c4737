"""Read-only looks into systems of record."""
