"""Credentials where protocols carry them: HTTP headers, cookies, links and connection strings, command lines."""

import re
from collections.abc import Iterator

from processors.redact.rules.randomness import is_no_word, is_random
from processors.redact.rules.spans import matches
from schemas.ports import Span

_AUTHORIZATION = re.compile(
    r"authori[sz]ation[\"'\\]{0,3}[ \t]{0,3}[:=][ \t]{0,3}[\"'\\]{0,3}(?:"
    r"(?P<listed>(?:digest|oauth|hawk|aws4-hmac-sha\d{3}|aws|hmac|sharedkey(?:lite)?|signature|sharedaccesssignature|vapid)[ ][^\n]{8,2048})"
    r"|(?:[a-z][\w-]{1,30}[ \t]{1,3})?(?P<single>[^\s\"'\\]{4,4096}))",
    re.IGNORECASE,
)
_SCHEME = re.compile(
    r"(?<![\w-])(?:bearer[ \t]{1,3}(?P<bearer>[^\s\"'\\<>]{8,4096})|basic[ \t]{1,3}(?P<basic>[A-Za-z0-9+/]{8,4096}={0,2}))",
    re.IGNORECASE,
)
_COOKIE = re.compile(
    r"cookie2?[\"'\\]{0,3}[ \t]{0,3}[:=][ \t]{0,3}[\"'\\]{0,3}(?P<value>[\w.$!#%&*+^`|~-]{1,64}="
    r"(?:\"[^\"\\\n]{0,4096}\"|[^\n\"'\\;]{0,4096})(?:;[ ]{0,2}[\w.$!#%&*+^`|~-]{1,64}=(?:\"[^\"\\\n]{0,4096}\"|[^\n\"'\\;]{0,4096})){0,64})",
    re.IGNORECASE,
)
_CREDENTIAL_URL = re.compile(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,30}://(?:"
    r"[^\s/@:<>\"']{0,128}:[^\s<>\"']{1,256}@|[^\s/@:<>\"'?#]{16,256}@)[^\s<>\"']+"
)
_ORACLE_URL = re.compile(r"jdbc:oracle:\w{1,10}:[^\s/@:<>\"']{1,64}/[^\s@<>\"']{1,128}@[^\s<>\"']+")
_HOOK = re.compile(
    r"https?://(?:hooks\.slack(?:-gov)?\.com/|(?:\w{1,20}\.)?discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/|[\w-]{1,64}\.webhook\.office\.com/"
    r"|outlook\.office\.com/webhook|hooks\.zapier\.com/hooks/|chat\.googleapis\.com/v1/spaces/|[\w.-]{1,128}\.logic\.azure\.com|maker\.ifttt\.com/)[^\s<>\"']+"
)
_SIGNED = re.compile(
    r"(?<![A-Za-z0-9])(?:sig|signature|x-amz-(?:signature|credential|security-token)|x-goog-signature|hmac|code|state|ticket|otp)"
    r"=(?P<value>[\w%+/=.~-]{16,4096})",
    re.IGNORECASE,
)
_TELLING_PAIR = re.compile(
    r"(?:password|pwd|accountkey|accesskey|sharedaccesskey|sharedaccesssignature|primarykey|secret|token|sig|signature|credential)[ ]?=",
    re.IGNORECASE,
)
_PAIRS = re.compile(
    r"(?<![\w;])(?:[A-Za-z]{2,16}[ ])?[A-Za-z]\w{1,40}=[^;=\s\"'<>]{0,512}={0,2}(?:;[ ]?[A-Za-z][\w ]{1,40}=[^;\s\"'<>]{0,1024}){1,24};?"
)
_QUERY = re.compile(
    r"(?<![\w%+/=.:~@!$*&-])[A-Za-z][\w.-]{0,64}=[\w%+/=.:~@!$*-]{0,2048}(?:&(?:amp;)?[A-Za-z][\w.%-]{0,64}=[\w%+/=.:~@!$*-]{0,4096}){1,40}"
)
_USER_FLAG = re.compile(
    r"(?<![\w-])(?:-u|--user|--proxy-user|-U)[ =]?[\"']?(?P<value>[^\s:\"'/]{1,128}:[^\s\"']{1,256})"
)
_MYSQL_FLAG = re.compile(
    r"(?<!\w)(?:(?:mysql|mariadb|mongo)\w{0,16}|sshpass|psql|sqlcmd|rsync)[ ][^\n]{0,200}?[ ]-[pP][ ]?[\"']?(?P<value>(?!ort|\d{2,5}\b)[^\s\"'-][^\s\"']{3,128})"
)
_HASHED = re.compile(
    r"\$(?:2[abxy]?|[156y]|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]{0,12}|bcrypt-sha256|7|md5)\$[^\s:\"'<>]{12,512}"
)
_SIGN_OR_DIGIT = re.compile(r"[\d!#$%&*+=@^_~]")
_CLOSING = ".,;:)"
_WIFI = re.compile(r"WIFI:[^\s]{0,200}?;?P:(?P<value>(?:[^;\\\n]|\\.){1,128})", re.IGNORECASE)
_NETRC = re.compile(r"(?<!\w)login[ ]\S{1,128}\s{1,8}password[ ](?P<value>\S{1,256})")


def find(text: str) -> Iterator[Span]:
    """Yield credentials; of a link that carries some, all of it."""
    lowered = text.lower()
    if "uthori" in lowered:
        yield from _credentials(text, _AUTHORIZATION, "")
    if "bearer" in lowered or "basic" in lowered:
        yield from _credentials(text, _SCHEME, _CLOSING)
    if "cookie" in lowered:
        yield from matches(_COOKIE, text, "SECRET", 0.9)
    if ":" in text and "/" in text:
        yield from _links(text)
    if "=" in text:
        yield from _parameters(text)
    if " -" in text:
        yield from matches(_USER_FLAG, text, "SECRET", 0.9)
        yield from matches(_MYSQL_FLAG, text, "SECRET", 0.8)
    if "login " in lowered:
        yield from matches(_NETRC, text, "SECRET", 0.9)
    if "wifi:" in lowered:
        yield from matches(_WIFI, text, "SECRET", 0.9)
    if "$" in text:
        yield from matches(_HASHED, text, "SECRET", 0.95)


def _credentials(text: str, pattern: re.Pattern[str], closing: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        group = match.lastgroup or 0
        value = match[group].rstrip(closing)
        if group == "listed" or _is_mixed(value):
            yield Span(match.start(group), match.start(group) + len(value), "SECRET", 0.95)


def _links(text: str) -> Iterator[Span]:
    if "://" in text:
        yield from matches(_CREDENTIAL_URL, text, "SECRET", 0.95)
        yield from matches(_HOOK, text, "SECRET", 0.95)
    if "=" in text:
        yield from (
            span for span in matches(_SIGNED, text, "SECRET") if is_random(text[span.start : span.end])
        )
    if "jdbc:oracle" in text:
        yield from matches(_ORACLE_URL, text, "SECRET", 0.95)


def _parameters(text: str) -> Iterator[Span]:
    """Connection strings and signed queries whole, if one of their parameters is secret."""
    yield from (span for span in matches(_SIGNED, text, "SECRET") if is_random(text[span.start : span.end]))
    if not _TELLING_PAIR.search(text):
        return
    for pattern, separator in ((_PAIRS, ";"), (_QUERY, "&")):
        if separator in text:
            yield from (
                span
                for span in matches(pattern, text, "SECRET", 0.9)
                if _TELLING_PAIR.search(text, span.start, span.end)
            )


def _is_mixed(value: str) -> bool:
    """A credential is no plain word: `basic troubleshooting` is none."""
    if _SIGN_OR_DIGIT.search(value) or is_no_word(value):
        return True
    return value.isalnum() and not (value.islower() or value.isupper() or value.istitle())
