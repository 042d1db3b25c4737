"""Markdown read as the page it stands for, so that HTML in it hides or shows what it would for a reader.

The parser's time depends on more than a text's length. What would take too long, or is nested so deep that the parser
leaves it out, is read roughly by its lines.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from processors.ground.chunking.blocks import LOOKED_AT, Block, Removed
from processors.ground.chunking.from_html import read_html
from processors.ground.chunking.from_text import read_text

_MOST_WORK = 24_000
"""Lines that are parsed; a bracket costs as much as two lines, a table's cell as one, another mark as half a line."""

_DEEPEST = 20
_CONTAINERS = re.compile(r"^(?:[ \t]*+(?:>|[-*+]|\d{1,9}+[.)])){7}", re.MULTILINE)
_WORD = re.compile(r"\w")
_LEAVES = frozenset(
    {"paragraph_open", "heading_open", "table_open", "fence", "code_block", "html_block", "hr", "inline"}
)
_RAW = re.compile(
    r"</?(?:title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)\b", re.IGNORECASE
)


def read_markdown(text: str) -> list[Block]:
    """Return the blocks of a text in CommonMark with tables.

    Raises:
        Unprocessable: as `read_html` does.
    """
    if _work(text) > _MOST_WORK or _CONTAINERS.search(text):
        return read_text(text, marked=True)
    env: dict[str, object] = {}
    tokens = _PARSER.parse(text, env)
    lines = text.split("\n")
    definitions = [*_definitions(env)]
    covered = [token.map for token in tokens if token.map and token.type in _LEAVES]
    if _left_out(lines, [*covered, *definitions]):
        return read_text(text, marked=True)
    blocks = read_html(str(_PARSER.renderer.render(tokens, _PARSER.options, env)))
    return _with(blocks, [Removed("", "\n".join(lines[start:end])[:LOOKED_AT]) for start, end in definitions])


def _work(text: str) -> float:
    marks = sum(text.count(mark) for mark in "*_`<&~\\")
    return text.count("\n") + 2 * text.count("[") + text.count("|") + marks / 2


def _definitions(env: dict[str, object]) -> Iterator[list[int]]:
    """Yield where links are defined: lines that are not shown, and may hold anything."""
    references, repeated = env.get("references", {}), env.get("duplicate_refs", [])
    assert isinstance(references, dict)
    assert isinstance(repeated, list)
    yield from (definition["map"] for definition in (*references.values(), *repeated))


def _left_out(lines: Sequence[str], covered: Sequence[Sequence[int]]) -> bool:
    read = bytearray(len(lines) + 1)
    for start, end in covered:
        read[start:end] = b"\1" * (min(end, len(lines)) - start)
    return any(not done and _WORD.search(line) for done, line in zip(read, lines, strict=False))


def _with(blocks: list[Block], removed: list[Removed]) -> list[Block]:
    if not blocks:
        return blocks
    return [replace(blocks[0], removed=(*removed, *blocks[0].removed)), *blocks[1:]]


def _inline_html(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    """A tag that would swallow the rest of the page is text where it stands among words."""
    content = tokens[index].content
    return _RAW.sub(lambda tag: "&lt;" + tag[0][1:], content) if _RAW.match(content) else content


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST, "html": True}).enable("table")
    parser.add_render_rule("html_inline", _inline_html)
    return parser


_PARSER = _parser()
