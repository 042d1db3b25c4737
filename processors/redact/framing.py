"""Several texts as one message to be digested or bound."""


def frame(*parts: str) -> bytes:
    """Join parts so that no other parts give the same bytes: each is preceded by its length."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in encoded)
