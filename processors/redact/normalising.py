"""The form in which words are scanned and passed on: NFKC, without invisible or control characters."""

import re
import unicodedata
from dataclasses import dataclass

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_BREAK = re.compile("\r\n?|[\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text as it goes on.

    Attributes:
        hidden: characters nobody can see were taken out between visible ones.
    """

    text: str
    hidden: bool


def normalise(text: str) -> Normalised:
    """Return the text in NFKC without invisible, control and unpaired surrogate characters, lines ended alike."""
    visible = _INVISIBLE.sub("", text)
    clean = _CONTROL.sub("", _BREAK.sub("\n", visible))
    folded = unicodedata.normalize("NFKC", clean)
    return Normalised(_INVISIBLE.sub("", folded), hidden=_hides(text, visible))


def is_plain(text: str) -> bool:
    """Whether a text is what a reader sees: without control characters, and with nothing hidden inside its words."""
    return not (_CONTROL.search(text) or _HIDDEN_IN_WORDS.search(text))


def _hides(text: str, visible: str) -> bool:
    """Joiners and variation selectors inside emoji are ordinary; what follows or precedes a letter is not."""
    return len(visible) != len(text) and bool(_HIDDEN_IN_WORDS.search(text))


_HIDDEN_IN_WORDS = re.compile(
    "[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
    "|(?<=[^\\W_])[\u00ad\u200b\u200c\u200d\u2060\ufeff]+(?=[^\\W_])"
)
