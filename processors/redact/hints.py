"""What a field's key says about its value: `customer_name` holds a name, however it is written."""

import re

_IMPERSONAL = re.compile(
    r"^(?:product|item|article|brand|shop|store|file|model|category|campaign|event|task|plan|colou?r|size)"
)
_ENTITIES = {
    "SECRET": r"pass(?:word|wd|phrase|code)?|pwd|secret|token|api_?key|access_?key|pin(?:_?code)?|cvv2?|cvc2?|otp|credentials?",
    "EMAIL_ADDRESS": r"e?_?mail(?:_?address)?",
    "PHONE_NUMBER": r"phone(?:_?number)?|tel|telephone|telefon|mobile|fax",
    "IBAN_CODE": r"iban|bank_?account|account_?number",
    "CREDIT_CARD": r"card(?:_?number)?|cc_?number|credit_?card",
    "DATE_OF_BIRTH": r"dob|birth_?(?:day|date)|date_?of_?birth|geburtsdatum",
    "US_SSN": r"ssn|social_?security(?:_?(?:number|no))?",
    "NUMBER": r"tax_?(?:id|number)|passport(?:_?(?:number|no))?|national_?id|id_?card(?:_?number)?",
    "IP_ADDRESS": r"ip(?:_?address)?",
    "LOCATION": r"address|address_?line_?\d?|street|city|town|zip(?:_?code)?|post_?code|postal_?code|adresse|strasse|plz|ort|"
    r"direccion|ciudad|ville|code_?postal",
    "AGE": r"age|alter|edad|years_?old",
    "USERNAME": r"user_?name|login|handle|nick_?name",
    "PERSON": r"name|first_?name|last_?name|full_?name|surname|contact|recipient|vorname|nachname|nom|prenom|nombre|"
    r"apellidos?",
}
_PATTERNS = {
    entity: re.compile(rf"(?:^|_)(?:{pattern})$", re.IGNORECASE) for entity, pattern in _ENTITIES.items()
}


def entity_of_field(key: str) -> str | None:
    """Return the type of the values under a key, or None where the key tells nothing."""
    plain = key.replace("-", "_")
    if _IMPERSONAL.match(plain):
        return None
    return next((entity for entity, pattern in _PATTERNS.items() if pattern.search(plain)), None)
