"""Made-up texts whose personal data is known: the same seed always gives the same ones.

They were written by the authors of the rules they test, from no public set and without looking at the rules' own word
lists. They still flatter: nobody thinks of the phrasings he has not thought of. Trust the sets of others more.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import Formatter

from tests.bench import redaction_templates as templates
from tests.bench.redaction_score import Gold, Labelled
from tests.bench.redaction_values import LABELS, Values

LONG = 4000
"""Characters of a long text, about."""


@dataclass(frozen=True)
class Style:
    """A way of writing.

    Attributes:
        weight: how often, against the others.
        written: what becomes of each piece of the text, values included.
        slips: what share of the words between values is mistyped.
    """

    templates: Sequence[str]
    weight: int
    written: Callable[[str], str] = str
    slips: float = 0.0


SHORT_STYLES = (
    Style(templates.SUPPORT, 26),
    Style(templates.PROSE, 15),
    Style(templates.LETTERS, 7),
    Style(templates.LOGS, 10),
    Style(templates.CHATS, 12),
    Style(templates.NOISY, 6, str.lower, slips=0.05),
    Style(templates.NOISY, 4),
    Style(templates.SUPPORT, 2, str.lower, slips=0.03),
    Style(templates.SUPPORT, 2, str.upper),
    Style(templates.FORMAL, 9),
    Style(templates.NOTHING, 7),
)
LONG_STYLES = (
    Style(templates.FORMAL, 10),
    Style(templates.PROSE, 6),
    Style(templates.LETTERS, 2),
    Style(templates.SUPPORT, 2),
    Style(templates.NOTHING, 8),
)
_WORD_TO_SLIP = 4
_FORMATTER = Formatter()


def short_texts(count: int, seed: int) -> list[Labelled]:
    """Return so many texts of a sentence to a letter: requests, prose, logs, chats, some hurried, some formal."""
    dice = random.Random(seed)
    return [_text(dice, _styled(dice, SHORT_STYLES)) for _ in range(count)]


def long_texts(count: int, seed: int, length: int = LONG) -> list[Labelled]:
    """Return so many texts of about `length` characters, mostly formal prose."""
    dice = random.Random(seed)
    return [_long(dice, length) for _ in range(count)]


def _long(dice: random.Random, length: int) -> Labelled:
    parts: list[Labelled] = []
    while sum(len(part.text) for part in parts) < length:
        parts.append(_text(dice, _styled(dice, LONG_STYLES)))
    return joined(parts, "\n\n")


def _styled(dice: random.Random, styles: Sequence[Style]) -> Style:
    return dice.choices(styles, [style.weight for style in styles])[0]


def _text(dice: random.Random, style: Style) -> Labelled:
    values = Values(dice)
    pieces = _FORMATTER.parse(dice.choice(style.templates))
    parts: list[Labelled] = []
    for words, slot, _, _ in pieces:
        parts.append(Labelled(style.written(_mistyped(dice, words, style.slips))))
        if slot:
            parts.append(_filled(style.written(values.value(slot)), slot))
    return joined(parts)


def _filled(value: str, slot: str) -> Labelled:
    label = LABELS.get(slot.rstrip("0123456789"))
    return Labelled(value, (Gold(0, len(value), label),) if label else ())


def joined(parts: Sequence[Labelled], between: str = "") -> Labelled:
    """Return the parts one after the other, their gold moved along."""
    gold, length = [], 0
    for part in parts:
        gold += [Gold(each.start + length, each.end + length, each.label) for each in part.gold]
        length += len(part.text) + len(between)
    return Labelled(between.join(part.text for part in parts), tuple(gold))


def _mistyped(dice: random.Random, words: str, slips: float) -> str:
    """Swap two letters inside of some of the longer words."""
    if not slips:
        return words
    return " ".join(_slipped(dice, word) if dice.random() < slips else word for word in words.split(" "))


def _slipped(dice: random.Random, word: str) -> str:
    if len(word) < _WORD_TO_SLIP:
        return word
    place = dice.randint(1, len(word) - 3)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
