"""Which language a text is in, by a model that ships with its package."""

from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from processors.redact.vocabulary import LANGUAGES

DEFAULT = "en"
_SURE = 0.6
_OTHERS = frozenset(
    {"cs", "da", "el", "fi", "hu", "ja", "ko", "no", "pl", "ro", "ru", "sv", "tr", "uk", "zh", "ar"}
)


def detect(text: str, default: str = DEFAULT) -> str:
    """Return the language of a text, or the default where the text is too short to tell."""
    language, probability = _identifier().classify(text)
    return str(language) if probability >= _SURE else default


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted(LANGUAGES | _OTHERS))
    return identifier
