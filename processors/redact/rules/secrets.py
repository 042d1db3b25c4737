"""Keys, tokens, passwords and the strings that contain them; the whole value is covered.

Prefixes are those that providers document for the keys they issue.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator

from processors.redact.rules.spans import matches
from schemas.ports import Span

_KNOWN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{12,}"
    r"|gh[pousr]_[A-Za-z0-9_]{16,}|github_pat_\w{20,}"
    r"|gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|soat|agent|imt|ffct)-[\w.-]{16,}"
    r"|xox[a-z](?:\.xox[a-z])?-[\w-]{8,}|xapp-[\w-]{8,}"
    r"|(?:sk|pk|rk)_(?:test|live)_\w{8,}|whsec_[\w+/=]{16,}"
    r"|sk-[\w-]{16,}|AIza[\w-]{30,}|ya29\.[\w-]{16,}|GOCSPX-[\w-]{16,}|1//0[\w-]{20,}"
    r"|npm_\w{20,}|pypi-[\w-]{16,}|rubygems_[0-9a-f]{20,}|dckr_pat_[\w-]{16,}|do[opr]_v1_[0-9a-f]{20,}"
    r"|SG\.[\w-]{8,}\.[\w-]{8,}|key-[0-9a-zA-Z]{24,}|(?:AC|SK)[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}"
    r"|hf_[A-Za-z0-9]{16,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,}|sq0[a-z]{3}-[\w-]{16,}|EAA[A-Za-z0-9]{30,}"
    r"|gl(?:sa|c)_[\w+/=]{16,}|ATATT[\w=-]{16,}|ATBB\w{20,}|lin_api_\w{16,}|(?:secret|ntn)_[A-Za-z0-9]{30,}"
    r"|dapi[0-9a-f]{32}(?:-\d)?|hv[sbr]\.[\w-]{16,}|AGE-SECRET-KEY-1[0-9A-Z]{20,}|NRAK-[A-Z0-9]{16,}"
    r"|\d{8,10}:AA[\w-]{30,}|[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}|PMAK-[0-9a-f-]{20,}|figd_[\w-]{16,}"
    r"|pscale_(?:tkn|pw|oauth)_[\w.-]{16,}|r8_\w{20,}|xai-\w{20,}|gsk_\w{20,}|tfp_\w{16,}|sntrys_[\w+/=.-]{16,}"
    r")"
)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}(?:\.[\w-]*){1,4}")
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?:(?!-----BEGIN)[\s\S])*?(?:-----END [A-Z0-9 ]{1,40}-----|\Z)"
)
_CREDENTIAL_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,30}://[^\s/@:<>\"']{0,128}:[^\s<>\"']{1,256}@[^\s<>\"']+", re.IGNORECASE
)
_HOOK = re.compile(
    r"https://(?:hooks\.slack\.com|discord(?:app)?\.com/api/webhooks|\w+\.webhook\.office\.com)/[^\s<>\"']+"
)
_NAMED = (
    r"(?:pass(?:word|wd|phrase|code|wort)|(?<![a-z])pass|pwd|kennwort|mot de passe|mdp|contrase[\u00f1n]a|clave|secret|geheimnis|token|"
    r"api[ _-]?key|apikey|access[ _-]?key|account[ _-]?key|private[ _-]?key|signing[ _-]?key|encryption[ _-]?key|"
    r"auth(?:orization)?|credentials?|bearer|cookie|session[ _-]?id|sharedaccesskey|(?<![a-z])sig)"
)
_ASSIGNED = re.compile(
    rf"{_NAMED}(?:[_-]?\w{{1,20}})?[\"']?[ \t]{{0,3}}(?:=>|:=|={{1,2}}|:)[ \t]{{0,3}}"
    r"(?:(?:bearer|basic|token)[ \t]{1,3})?"
    r"(?:\"(?P<double>[^\"\n]{2,})\"?|'(?P<single>[^'\n]{2,})'?|(?P<bare>[^\s\"'<>]{2,}))",
    re.IGNORECASE,
)
_TOLD = re.compile(
    rf"{_NAMED}[ \t]{{1,3}}(?:is|was|ist|lautet|war|est|es|era)[ \t]{{0,3}}:?[ \t]{{0,3}}[\"']?"
    r"(?P<value>[^\s\"'<>]{4,})",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(?:Bearer|Basic)[ \t]+(?P<value>[\w+/=.~-]{12,})")
_CODE = re.compile(
    r"\b(?:cvv2?|cvc2?|csc|pin|otp|tan|passcode|security code|kartenpr\u00fcfnummer|pr\u00fcfziffer|code de s[\u00e9e]curit[\u00e9e]|"
    r"c[\u00f3o]digo de seguridad)\b[^\w\n]{0,3}(?:is|ist|est|es|code|number)?[^\w\n]{0,3}(?P<value>\d{3,8})\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z0-9+/_=~.-]{20,}")
_PARTS = re.compile(r"[./_=~+-]+")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{16,}")
_DIGIT, _LOWER, _UPPER = re.compile(r"\d"), re.compile(r"[a-z]"), re.compile(r"[A-Z]")
_TURN = re.compile(r"[a-z][A-Z]")
_PART_CHARACTERS = 16
_FEW = 2
_BITS = 3.3
_CLOSING = ".,;:"


def find(text: str) -> Iterator[Span]:
    """Yield secrets."""
    for pattern in (_KNOWN, _JWT, _PEM, _CREDENTIAL_URL, _HOOK, _SCHEME, _CODE):
        yield from matches(pattern, text, "SECRET", 0.95)
    yield from _assigned(text)
    yield from _told(text)
    yield from _long_tokens(text)


def has_known_key(text: str) -> bool:
    """Whether a text contains a key in a provider's documented format, or a JSON Web Token (RFC 7519)."""
    return bool(_KNOWN.search(text) or _JWT.search(text))


def _assigned(text: str) -> Iterator[Span]:
    for match in _ASSIGNED.finditer(text):
        group = match.lastgroup or "bare"
        closing = len(match[group]) - len(match[group].rstrip(_CLOSING)) if group == "bare" else 0
        yield Span(match.start(group), match.end(group) - closing, "SECRET", 0.9)


def _told(text: str) -> Iterator[Span]:
    """A password told in a sentence; `the password is wrong` tells none."""
    for match in _TOLD.finditer(text):
        value = match["value"].rstrip(_CLOSING)
        if not value.isalpha() or not (value.islower() or value.istitle()):
            yield Span(match.start("value"), match.start("value") + len(value), "SECRET", 0.85)


def _long_tokens(text: str) -> Iterator[Span]:
    for match in _TOKEN.finditer(text):
        value = match[0].rstrip(".-")
        if any(_is_random(part) for part in _PARTS.split(value)) or _is_random(
            _PARTS.sub("", value), joined=True
        ):
            yield Span(match.start(), match.start() + len(value), "SECRET", 0.6)


def _is_random(part: str, *, joined: bool = False) -> bool:
    """Whether no word or plain number would look so: long, of mixed kinds, without repetition.

    Args:
        part: what stands between separators.
        joined: the separators were taken out, so that only what mixes all kinds of characters counts.
    """
    if len(part) < _PART_CHARACTERS or part.isdigit():
        return False
    if _HEXADECIMAL.fullmatch(part) and _DIGIT.search(part):
        return True
    kinds = sum(bool(kind.search(part)) for kind in (_DIGIT, _LOWER, _UPPER))
    mixed = kinds >= (3 if joined else 2) and len(_DIGIT.findall(part)) >= _FEW
    return (mixed or len(_TURN.findall(part)) > _FEW * 2) and _bits(part) >= _BITS


def _bits(part: str) -> float:
    """Return the Shannon entropy per character."""
    counts = Counter(part).values()
    return -sum(count / len(part) * math.log2(count / len(part)) for count in counts)
