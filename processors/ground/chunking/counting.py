"""How many tokens a text takes, estimated without any model's vocabulary."""

import re

TOKEN = re.compile(r"[A-Za-z]{1,6}|[0-9]{1,3}|[\u00c0-\u04ff]{1,3}|\s{2,16}|[^\s]")
"""Counts up to six Latin letters, three digits or three other European letters for one token, all other signs singly."""


def count_tokens(text: str) -> int:
    """Return about as many tokens as byte-pair vocabularies make of a text, in doubt more.

    The tokens of two texts one after the other are never more than those of each.
    """
    return len(TOKEN.findall(text))
