"""E-mail and network addresses, accounts and links."""

import ipaddress
import re
from collections.abc import Iterator

from processors.redact.rules.spans import matches, matches_at
from processors.redact.rules.telling import Tells, tells, words
from schemas.ports import Span

_EMAIL = re.compile(r"[^\s@<>\"'(),;:\[\]{}|\u2039\u203a]{1,64}@[^\s@<>\"'(),;:\[\]{}|\u2039\u203a]{1,255}")
_SPELT_EMAIL = re.compile(
    r"\b[\w.+-]{1,64}\s?[\[({<]\s?(?:at|\u00e4t|@|arroba|arobase)\s?[\])}>]\s?[\w-]{1,63}"
    r"(?:\s?(?:\.|[\[({<]\s?(?:dot|punkt|punto|point)\s?[\])}>]|\bdot\b)\s?[\w-]{1,63}){1,4}"
    r"|\b[\w.+-]{1,64} at [\w-]{1,63}(?: dot [\w-]{1,63}){1,4}",
    re.IGNORECASE,
)
_LINK = re.compile(r"\b(?:[a-z][a-z0-9+]{1,15}://|www\.|mailto:|tel:)[^\s<>\"'\u2039\u203a]+", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,5}"
    r"(?:(?:com|org|net|edu|gov|info|biz|io|dev|app|shop|store|online|site|xyz|co|eu|uk|de|fr|es|nl|be|ch|pl|pt|se|"
    r"dk|fi|cz|ru|cn|jp|br|us|ca|au|tv|ai|ly|gl|me)(?![\w-])(?:[/?#][^\s<>\"'\u2039\u203a]*)?"
    r"|[a-z]{2,10}/[^\s<>\"'\u2039\u203a]+)",
    re.IGNORECASE,
)
_IPV4 = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)"
)
_IPV6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w{1,15})?(?![\w:])", re.IGNORECASE)
_MAC = re.compile(r"(?<![\w:-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![\w:-])", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@./])@(?:[ \u00a0]?[^\W\d]|\d)[\w.]{1,29}")
_CALLED = re.compile(
    r"\b(?:user(?:[ -]?name)?|handle|login|nick(?:name)?|screen[ ]name|gamertag|insta(?:gram)?|twitter|tiktok|snap(?:chat)?|"
    r"telegram|skype|discord|benutzer(?:name)?|identifiant|usuario)\b(?:[ ](?:name|id|handle|account))?(?:[ ](?:is|ist|est|es))?"
    r"[: ]{1,3}(?P<value>(?=[\w.-]{0,29}[\d_.])[^\W_][\w.-]{2,29})",
    re.IGNORECASE,
)
_CALLING = words(
    "user username handle login nick nickname screen gamertag insta instagram twitter tiktok snap snapchat telegram skype "
    "discord benutzer benutzername identifiant usuario"
)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){11,30}(?![A-Z0-9])", re.IGNORECASE)
_BRACKETED_AT = re.compile(r"[\[({<]\s?(?:at|\u00e4t|@|arroba|arobase)", re.IGNORECASE)
_AT, _DOT = words("at"), words("dot")
_WITH_SIGN = re.compile(r"(?<!\S)[^\s@]*+@\S*+")
_WITH_DOT = re.compile(r"(?<!\S)[^\s.]*+\.++\S++")
_WITH_COLON = re.compile(r"(?<!\S)[^\s:]*+:\S++")
"""What stands between blanks, and holds the sign without which there is no address."""

_IP_DIGITS = 4
_MAC_SEPARATORS = 5
_IBAN_LENGTHS = range(15, 35)
_IBAN_DIGITS = 10
_SEPARATORS = re.compile(r"[\s\u00a0-]+")
_CLOSING = ".,;:!?)]}'\""


def find(text: str, told: Tells | None = None) -> Iterator[Span]:
    """Yield e-mail, IP and MAC addresses, links, handles and bank accounts."""
    told = told or tells(text)
    if "@" in text:
        yield from _trimmed(text, matches(_EMAIL, text, "EMAIL_ADDRESS", 0.9, _spans(_WITH_SIGN, text)))
        yield from _trimmed(text, matches(_HANDLE, text, "USERNAME", 0.6))
    yield from _trimmed(text, matches_at(_CALLED, text, told.at(_CALLING), "USERNAME", 0.6))
    if _BRACKETED_AT.search(text) or (told.any_of(_AT) and told.any_of(_DOT)):
        yield from matches(_SPELT_EMAIL, text, "EMAIL_ADDRESS")
    if "." in text or ":" in text:
        yield from _links(text)
        yield from _machines(text, told)
    if told.digits >= _IBAN_DIGITS:
        yield from _accounts(text)


def _links(text: str) -> Iterator[Span]:
    dotted, coloned = [*_spans(_WITH_DOT, text)], [*_spans(_WITH_COLON, text)]
    yield from _trimmed(text, matches(_LINK, text, "URL", within=sorted({*dotted, *coloned})))
    yield from _trimmed(text, matches(_DOMAIN, text, "URL", 0.6, dotted))


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in pattern.finditer(text))


def _machines(text: str, told: Tells) -> Iterator[Span]:
    if told.digits >= _IP_DIGITS and text.count(".") > _IP_DIGITS - 2:
        yield from matches(_IPV4, text, "IP_ADDRESS", within=_spans(_WITH_DOT, text))
    if text.count(":") > 1:
        found = matches(_IPV6, text, "IP_ADDRESS", within=_spans(_WITH_COLON, text))
        yield from (span for span in found if _is_ip(text[span.start : span.end]))
    if max(text.count(":"), text.count("-")) >= _MAC_SEPARATORS:
        yield from matches(_MAC, text, "MAC_ADDRESS")


def is_iban(text: str) -> bool:
    """Whether a text is a bank account number with right check digits (ISO 13616)."""
    compact = _SEPARATORS.sub("", text).upper()
    if len(compact) not in _IBAN_LENGTHS or not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]+", compact):
        return False
    rearranged = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in rearranged)) % 97 == 1


def _accounts(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        end = next((end for end in _ends(match[0]) if is_iban(match[0][:end])), None)
        if end is not None:
            yield Span(match.start(), match.start() + end, "IBAN_CODE", 1.0)
        elif _resembles_account(match[0]):
            yield Span(match.start(), match.end(), "IBAN_CODE", 0.5)


def _ends(candidate: str) -> Iterator[int]:
    """Yield where the number may end, longest first: at the end, or before a separator."""
    yield len(candidate)
    yield from (match.start() for match in reversed(list(_SEPARATORS.finditer(candidate))))


def _resembles_account(candidate: str) -> bool:
    """A mistyped account is one all the same."""
    return candidate[:2].isupper() and sum(map(str.isdigit, candidate)) >= _IBAN_DIGITS


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return len(text) > 2  # noqa: PLR2004 - "::" alone is the unspecified address


def _trimmed(text: str, spans: Iterator[Span]) -> Iterator[Span]:
    """Yield spans without the punctuation that closes a sentence."""
    for span in spans:
        kept = len(text[span.start : span.end].rstrip(_CLOSING))
        yield Span(span.start, span.start + kept, span.entity, span.score)
