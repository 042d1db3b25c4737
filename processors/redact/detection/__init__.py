"""Finding personal data and secrets: Presidio's recognisers, a network for names, default-deny, all in one pass."""
