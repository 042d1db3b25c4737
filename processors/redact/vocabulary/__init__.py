"""Which words are ordinary, and which are names: how people write them tells."""
