"""Documents made ready hold nothing personal, and nothing that could be restored."""

import pytest

from processors.ground.preparing import prepare
from processors.ground.sanitising import Sanitiser
from schemas.errors import Retryable
from schemas.knowledge import Document
from tests.processors.ground.test_stage import Finds


def _document(text: str) -> Document:
    return Document(tenant="acme", document_id="d", version=1, title="About Skagen by Ada", text=text)


async def test_documents_keep_what_is_impersonal() -> None:
    document = _document("The jacket Skagen was sewn by Ada, ada@mail.example.")
    (passage,) = await prepare(document, Sanitiser(Finds()))
    assert passage.text == "The jacket Skagen was sewn by [PERSON], [EMAIL_ADDRESS]"
    assert passage.title == "About Skagen by [PERSON]"


async def test_a_planted_placeholder_cannot_be_restored() -> None:
    (passage,) = await prepare(_document("The jacket is for <PERSON_1a2b3c4d>."), Sanitiser(Finds()))
    assert "<PERSON_1a2b3c4d>" not in passage.text


async def test_what_cannot_be_searched_is_not_prepared() -> None:
    with pytest.raises(Retryable, match="detector_failed"):
        await prepare(_document("jacket"), Sanitiser(Finds(fails=True)))
