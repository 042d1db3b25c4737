"""Whether a publisher's identifier may travel in clear."""

import re

import phonenumbers

from processors.redact.rules.contacts import is_iban
from processors.redact.rules.numbers import is_card
from processors.redact.rules.secrets import has_known_key

_LABEL = re.compile(r"^[A-Za-z][A-Za-z_]*[-:/._]")
_DIGITS = re.compile(r"[\d./:_-]+")
_SEPARATORS = re.compile(r"[./:_-]+")
_SOCIAL_SECURITY = re.compile(r"\d{3}-\d{2}-\d{4}")
_INTERNATIONAL = "00"
_NATIONAL, _NATIONAL_REGIONS = "0", ("GB", "DE", "FR")
_NORTH_AMERICAN_DIGITS = 10
_PHONE_DIGITS = range(9, 16)
_DATED = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


def is_opaque(identifier: str) -> bool:
    """Whether an identifier is neither a payment card, bank account, telephone or social security number nor a key.

    Names and words are not recognised here: an identifier has no context that would tell `anna` from `alpha`.
    """
    return not (has_known_key(identifier) or is_iban(identifier) or _is_personal_number(identifier))


def _is_personal_number(identifier: str) -> bool:
    bare = _LABEL.sub("", identifier)
    if not _DIGITS.fullmatch(bare):
        return False
    digits = _SEPARATORS.sub("", bare)
    return bool(_SOCIAL_SECURITY.fullmatch(bare)) or is_card(digits) or _is_phone(digits)


def _is_phone(digits: str) -> bool:
    """Only numbers written as they are dialled: any run of nine digits would be a telephone number somewhere."""
    if len(digits) not in _PHONE_DIGITS or _DATED.match(digits):
        return False
    if digits.startswith(_INTERNATIONAL):
        return _is_valid("+" + digits.removeprefix(_INTERNATIONAL), None)
    if digits.startswith(_NATIONAL):
        return any(_is_valid(digits, region) for region in _NATIONAL_REGIONS)
    return len(digits) == _NORTH_AMERICAN_DIGITS and _is_valid(digits, "US")


def _is_valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
