"""Tasks: one folder per use case, all data but for what loads it."""
