"""Presidio's context enhancement on cheap words: what stands just before a match, without a lemmatiser.

Its own enhancer compares lemmas, for which a tagger has to run over every text, copies each result deeply and looks
through all words of the text for each of them. Lemmas matter little to it, for it looks for a context word anywhere
inside a lemma; here it is looked for inside the words as written.
"""

import re
from collections.abc import Sequence
from functools import cache

from presidio_analyzer import ContextAwareEnhancer, EntityRecognizer, RecognizerResult

_REACH_CHARACTERS = 64


class NearbyWordsEnhancer(ContextAwareEnhancer):  # type: ignore[misc]
    """Raises the score of what is preceded by a word that its recogniser declares as context.

    Factor and floor are those of Presidio's own enhancer.
    """

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=0.35,
            min_score_with_context_similarity=0.4,
            context_prefix_count=8,
            context_suffix_count=0,
        )

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: object,
        recognizers: Sequence[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """Raise scores in place and return the results."""
        del nlp_artifacts
        supportive = {each.id: _any_of((*each.context, *(context or ()))) for each in recognizers}
        for result in raw_results:
            words = supportive[result.recognition_metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]]
            if words is not None and words.search(self._before(text, result.start)):
                raised = max(
                    result.score + self.context_similarity_factor, self.min_score_with_context_similarity
                )
                result.score = min(raised, self.MAX_SCORE)
        return raw_results

    def _before(self, text: str, start: int) -> str:
        nearby = text[max(0, start - _REACH_CHARACTERS) : start]
        return " ".join(nearby.split()[-self.context_prefix_count :]).lower()


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(re.escape(word.strip().lower()) for word in words)) if words else None
