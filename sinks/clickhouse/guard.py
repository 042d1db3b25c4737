"""Decides whether a statement may be run for a reader, from its tokens.

The engine's own `readonly` stops writing, but not `INTO OUTFILE`, the scalar function `file` or a second statement.
A statement is rebuilt from what was understood of it, without comments, so nothing can hide in what this reader and
the engine would read differently; characters that only the engine gives a meaning to are refused.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from schemas.errors import Unprocessable

MAX_STATEMENT_CHARACTERS = 200_000
READING = frozenset({"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN"})
HARMLESS_TABLE_FUNCTIONS = frozenset(
    {
        "format",  # also a scalar function, which is why it is here; reads its own argument
        "generateseries",
        "generate_series",
        "null",
        "numbers",
        "numbers_mt",
        "primes",
        "values",
        "view",
        "viewexplain",
        "zeros",
        "zeros_mt",
    }
)
FORBIDDEN_FUNCTIONS = frozenset({"catboostevaluate", "file", "sleep", "sleepeachrow"})
FORBIDDEN_WORDS = frozenset({"OUTFILE", "INFILE"})

_TOKEN = re.compile(
    r"""
      (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<name>`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*")
    | (?P<comment>--[^\n]*|/\*(?:(?!/\*|\*/).)*\*/)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>[0-9][0-9A-Za-z_.]*)
    | (?P<space>\s+)
    | (?P<ambiguous>[$#'"`\u2018\u2019\u201c\u201d\\\x00]|//|/\*)
    | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement; a comment counts as space."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that may be run.

    Attributes:
        format: the output format it names itself, or empty.
    """

    sql: str
    format: str


class Refused(Unprocessable):
    """The statement may not be run here; the detail names the rule, not the statement."""

    def __init__(self, detail: str) -> None:
        super().__init__("statement_refused", detail)


def admit(sql: str, forbidden_functions: Collection[str]) -> Statement:
    """Return the statement without comments and without a closing semicolon.

    Args:
        forbidden_functions: names in lower case, beside those that are always forbidden.

    Raises:
        Refused: it is no reading statement, is more than one, or reaches outside the store.
    """
    if len(sql) > MAX_STATEMENT_CHARACTERS:
        raise Refused("the statement is too long")
    pieces = list(_pieces(sql))
    while pieces and (pieces[-1].text == ";" or pieces[-1].text.isspace()):
        pieces.pop()
    tokens = [piece for piece in pieces if piece.kind != "space"]
    _check_kind(tokens)
    _check_words(tokens)
    _check_calls(tokens, FORBIDDEN_FUNCTIONS | frozenset(forbidden_functions))
    return Statement("".join(piece.text for piece in pieces), _format(tokens))


def _pieces(sql: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "ambiguous"
        if kind == "ambiguous":
            raise Refused("a quote, comment or character that could be read in two ways")
        yield Token("space", " ") if kind == "comment" else Token(kind, match[0])


def _check_kind(tokens: list[Token]) -> None:
    words = (token for token in tokens if token.text != "(")
    first = next(words, None)
    if first is None or first.kind != "word" or first.text.upper() not in READING:
        raise Refused("only SELECT, WITH, SHOW, DESCRIBE and EXPLAIN are run here")


def _check_words(tokens: list[Token]) -> None:
    for token in tokens:
        if token.kind == "symbol" and token.text == ";":
            raise Refused("one statement at a time")
        if token.kind == "word" and token.text.upper() in FORBIDDEN_WORDS:
            raise Refused("files are neither read nor written here")


def _check_calls(tokens: list[Token], forbidden: Collection[str]) -> None:
    for name, opening in pairwise(tokens):
        called = opening.text == "(" and name.kind in {"word", "name"}
        if called and _bare(name).lower() in forbidden:
            raise Refused("a function that reaches outside the store")


def _bare(name: Token) -> str:
    if name.kind == "word":
        return name.text
    if "\\" in name.text:
        raise Refused("a function's name with an escape in it")
    return name.text[1:-1]


def _format(tokens: list[Token]) -> str:
    named = len(tokens) > 1 and tokens[-2].kind == "word" and tokens[-2].text.upper() == "FORMAT"
    return tokens[-1].text if named and tokens[-1].kind == "word" else ""
