"""The demonstration: a shipped sample of requests through the whole line, with every one accounted for."""
