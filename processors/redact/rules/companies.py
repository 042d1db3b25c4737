"""Companies by the legal form after their names: whom somebody works or trades for tells who it is."""

import re
from collections.abc import Iterator

from processors.redact.rules.names import UPPER
from processors.redact.rules.spans import matches
from processors.redact.rules.telling import Tells, around, tells, words
from schemas.ports import Span

_WORD = rf"[{UPPER}\d][\w'\u2019.-]{{0,30}}"
_COMPANY = re.compile(
    rf"(?<![\w.]){_WORD}(?:(?:,?[ ](?:and|&|und|et|y)[ ]|,?[ ]){_WORD}){{0,5}}?,?[ ]"
    r"(?:Ltd|Limited|Inc|Incorporated|LLC|LLP|PLC|plc|GmbH|mbH|AG|KG|OHG|SARL|SAS|SpA|S\.p\.A|S\.r\.l|BV|B\.V|NV|N\.V|AB|"
    r"Oyj?|ASA|Corp|Corporation|Pty|d\.o\.o|s\.r\.o|a\.s|Sp\. z o\.o|Kft)(?![\w-]|[ ]?\d)\.?"
)
_FORM = re.compile(
    r"[ ](?:Ltd|Limited|Inc|LLC|LLP|PLC|plc|GmbH|mbH|AG|KG|OHG|SARL|SAS|SpA|S\.p|S\.r|BV|B\.V|NV|N\.V|AB|Oy|ASA|Corp|Pty|d\.o"
    r"|s\.r|a\.s|Sp\.|Kft)"
)
"""How each of them begins."""

_REACH = (256, 24)
"""Characters that a match has at most before and after the beginning of its form."""

_FORMS = words(
    "ltd limited inc incorporated llc llp plc gmbh mbh ag kg ohg sarl sas spa p r bv b nv n ab oy oyj asa corp corporation "
    "pty o s kft"
)


def find(text: str, told: Tells | None = None) -> Iterator[Span]:
    """Yield the names of companies with their legal forms."""
    told = told or tells(text)
    if told.any_of(_FORMS):
        forms = (match.start() for match in _FORM.finditer(text))
        yield from matches(_COMPANY, text, "ORGANIZATION", 0.6, around(forms, *_REACH))
