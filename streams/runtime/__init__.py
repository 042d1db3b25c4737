"""The runtime: delivery, ordering, folds, dead letters and delays. Knows bytes and stages, no business logic."""
