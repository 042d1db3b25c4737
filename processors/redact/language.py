"""Which language a text is in, by a model that ships with its package."""

import re
from collections.abc import Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from processors.redact.vocabulary.standing import LANGUAGES
from schemas.base import DEFAULT_LANGUAGE, primary_language

_REGIONAL = re.compile(r"[a-z]{2,3}(?:-(?:[A-Za-z]{2}|[0-9]{3}))?(?![A-Za-z0-9])")
_SURE = 0.6
_PLAUSIBLE = 0.2
_TELLING_CHARACTERS = 600
_OTHERS = frozenset(
    {"cs", "da", "el", "fi", "hu", "ja", "ko", "no", "pl", "ro", "ru", "sv", "tr", "uk", "zh", "ar"}
)


def detect(text: str, expected: Sequence[str] = (DEFAULT_LANGUAGE,)) -> str:
    """Return the language of a text: one of those expected if that is plausible, the first one if nothing is sure.

    Args:
        text: of any length; a word or two are too little to tell by, and its beginning is enough.
        expected: BCP 47 tags, most usual first.
    """
    ranked = {
        str(language): float(share) for language, share in _identifier().rank(text[:_TELLING_CHARACTERS])
    }
    wanted = {tag: ranked[tag] for tag in map(primary_language, expected) if tag in ranked}
    candidates = wanted if sum(wanted.values()) >= _PLAUSIBLE else ranked
    best = max(candidates, key=candidates.__getitem__)
    sure = candidates[best] >= _SURE * sum(candidates.values())
    return best if sure or not expected else expected[0]


def plain(tag: str) -> str:
    """Return language and region of a BCP 47 tag. Whatever else it holds are a publisher's words, of any length and not redacted."""
    match = _REGIONAL.match(tag)
    return match[0] if match else DEFAULT_LANGUAGE


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted(LANGUAGES | _OTHERS))
    return identifier
