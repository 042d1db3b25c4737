"""Codes and passphrases that people tell: `my PIN is 4711`, a wallet's words, "hunter2 is my password"."""

import re
from collections.abc import Iterator

from processors.redact.rules.spans import matches
from schemas.ports import Span

_CODE_GATES = (
    "cv",
    "csc",
    "pin",
    "otp",
    "tan",
    "code",
    "ziffer",
    "c\u00f3digo",
    "codigo",
    "g-",
    "puk",
    "pr\u00fcf",
)
_DIGITS = re.compile(r"\d{3}")
_CODE = re.compile(
    r"(?<![^\W_])(?:cvv2?|cvc2?|csc|e?pin|(?:i|m|e|sms|push)?tan|t?otp|puk|(?:pass|pin|sms|2fa|mfa|tan|otp|backup)[ -]?codes?"
    r"|(?:security|verification|confirmation|authenti(?:cator|cation)|one[ -]time|access|login|sicherheits-?|best\u00e4tigungs-?|verifizierungs-?|zugangs-?)[ -]?(?:code|pin|password)"
    r"|kartenpr\u00fcf(?:nummer|ziffer)|pr\u00fcfziffer|code (?:de (?:s[\u00e9e]curit[\u00e9e]|v[\u00e9e]rification|confirmation)|d'acc\u00e8s|pin|secret)"
    r"|c[\u00f3o]digo (?:de (?:seguridad|verificaci[\u00f3o]n|acceso)|pin))(?![^\W_])"
    r"[^\w\n]{0,3}(?:(?:is|was|ist|war|lautet|est|es|era|code|number|nummer|:)[^\w\n]{0,3}){0,2}(?P<value>\d{3,8}(?!\w)|\d{3}[ -]\d{3}(?!\w))",
    re.IGNORECASE,
)
_GOOGLE_CODE = re.compile(r"(?<!\w)G-\d{6}(?!\w)")
_PHRASE = re.compile(
    r"(?:pass(?:phrase|satz)|seed|mnemonic|(?:seed|recovery|secret|backup|mnemonic|wallet)[ _-]?(?:phrase|words?|codes?)|kennsatz|wiederherstellungs(?:phrase|codes?|w\u00f6rter)"
    r"|phrase (?:secr\u00e8te|de r\u00e9cup\u00e9ration|de passe)|frase (?:semilla|secreta|de recuperaci\u00f3n))s?"
    r"[\"']?[ ]?(?::|=|is|are|ist|lautet|sind|est|sont|es|son)[ \n]?(?P<value>[^\n.!?;]{8,400})",
    re.IGNORECASE,
)
_REVERSED = re.compile(
    r"(?:(?<=[\"'\u201c\u201e\u00ab`])(?P<quoted>[^\"'\u201d\u201c\u00bb`\n]{2,128})[\"'\u201d\u201c\u00bb`]|(?<!\S)(?P<bare>[^\s\"']{4,128}))[ ]"
    r"(?:(?:is|was|ist|war|est|\u00e9tait|es|era)[ ](?:also |still |jetzt |noch )?|(?:as|als|comme|como|for|f\u00fcr)[ ])"
    r"(?:(?:my|the|a|our|your|his|her|mein|das|unser|dein|ihr|mon|le|notre|votre|mi|la|tu|su|nuestra)[ ](?:\w{1,16}[ ]){0,2}?)?"
    r"(?:pass(?:word|wort|code|phrase)|kennwort|pin|mot de passe|contrase[\u00f1n]a|clave|token|api[ -]?key|secret)(?!\w)",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:login|log-in|credentials|zugangsdaten|anmeldedaten|identifiants|credenciales|acceso|zugang)[ ]?[:=][ ]?"
    r"(?P<value>[^\s/|:,]{2,128}[ ]?[/|:,][ ]?[^\s]{4,128})",
    re.IGNORECASE,
)
_PHRASE_GATES = ("phrase", "frase", "seed", "mnemonic", "satz", "recovery", "wallet", "wiederherst", "backup")
_REVERSED_GATES = (
    "password",
    "passwort",
    "passcode",
    "kennwort",
    " pin",
    "mot de passe",
    "contrase",
    "clave",
    "token",
    "key",
    "secret",
)
_LOGIN_GATES = ("log", "cred", "daten", "identif", "acceso", "zugang")
_TELLING = re.compile(r"(?=[^\s]*[A-Za-z])(?=[^\s]*[\d!#$%&*+=?@^_~])")


def find(text: str) -> Iterator[Span]:
    """Yield codes of three to eight digits, passphrases, passwords told before their name, logins in pairs."""
    lowered = text.lower()
    if _DIGITS.search(text) and any(gate in lowered for gate in _CODE_GATES):
        yield from matches(_CODE, text, "SECRET", 0.95)
        yield from matches(_GOOGLE_CODE, text, "SECRET")
    if (
        "phrase" in lowered
        or "frase" in lowered
        or "seed" in lowered
        or "mnemonic" in lowered
        or "satz" in lowered
    ):
        yield from matches(_PHRASE, text, "SECRET", 0.85)
    if any(
        gate in lowered for gate in ("pass", "kennw", "pin", "contrase", "clave", "token", "key", "secret")
    ):
        yield from _reversed(text)
    if (":" in text or "=" in text) and any(gate in lowered for gate in _LOGIN_GATES):
        yield from (
            span
            for span in matches(_LOGIN, text, "SECRET", 0.7)
            if _TELLING.search(text, span.start, span.end)
        )


def _reversed(text: str) -> Iterator[Span]:
    for match in _REVERSED.finditer(text):
        group = match.lastgroup or 0
        if group == "quoted" or _TELLING.match(match[group]):
            yield Span(match.start(group), match.end(group), "SECRET", 0.8)
