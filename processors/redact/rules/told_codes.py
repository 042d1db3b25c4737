"""Codes and passphrases that people tell: `my PIN is 4711`, a wallet's words, "hunter2 is my password"."""

import re
from collections.abc import Iterator

from processors.redact.rules.randomness import is_no_word
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
_CODE_FIRST = re.compile(
    r"(?<!\w)(?P<value>\d{4,8}|\d{3}[ -]\d{3})[ ](?:is|ist|est|es)[ ](?:\w{1,12}[ ]){0,3}?(?:\w{1,20}-?)?(?:code|pin|otp|tan|c[\u00f3o]digo)(?!\w)",
    re.IGNORECASE,
)
_APP_PASSWORD = re.compile(r"(?<![A-Za-z])(?:[a-z]{4}[ -]){3}[a-z]{4}(?![A-Za-z])")
_GOOGLE_CODE = re.compile(r"(?<!\w)G-\d{6}(?!\w)")
_PHRASE_NAME = (
    r"(?:pass(?:phrase|satz)|seed|mnemonic|(?:seed|recovery|secret|backup|mnemonic|wallet)[ _-]?(?:phrase|words?|codes?)|kennsatz"
    r"|wiederherstellungs(?:phrase|codes?|w\u00f6rter)|phrase (?:secr\u00e8te|de r\u00e9cup\u00e9ration|de passe)"
    r"|frase (?:semilla|secreta|de recuperaci\u00f3n))s?[\"']?"
)
_PHRASE = re.compile(rf"{_PHRASE_NAME}[ ]?[:=][ ]?\n?(?P<value>[^\n.!?;]{{8,400}})", re.IGNORECASE)
_IN_SENTENCES = (
    r"(?:the|and|was|are|not|for|has|been|but|from|your|our|his|her|der|die|das|und|ist|nicht|mit|les|des|est|pas|pour|que|por|los"
    r"|las|una)(?![a-z])"
)
_WALLET_WORD = rf"(?!{_IN_SENTENCES})[a-z]{{3,8}}"
_WALLET = re.compile(
    rf"(?<![^\W\d_]){_WALLET_WORD}(?:[ ,]{{1,2}}(?:\d{{1,2}}[.)][ ])?{_WALLET_WORD}){{11,23}}(?![^\W\d_])"
)
"""Twelve to twenty-four words of three to eight letters, what BIP 39 makes of a wallet's seed; no sentence is so built."""

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
    "password", "passwort", "passcode", "kennwort", " pin", "mot de passe", "contrase", "clave", "token", "key", "secret",
)  # fmt: skip
_LOGIN_GATES = ("log", "cred", "daten", "identif", "acceso", "zugang")


def find(text: str) -> Iterator[Span]:
    """Yield codes of three to eight digits, passphrases, passwords told before their name, logins in pairs."""
    lowered = text.lower()
    if _DIGITS.search(text) and any(gate in lowered for gate in _CODE_GATES):
        yield from matches(_CODE, text, "SECRET", 0.95)
        yield from matches(_CODE_FIRST, text, "SECRET", 0.95)
        yield from matches(_GOOGLE_CODE, text, "SECRET")
    if "app" in lowered and "pass" in lowered:
        yield from matches(_APP_PASSWORD, text, "SECRET")
    if any(gate in lowered for gate in _PHRASE_GATES):
        yield from matches(_PHRASE, text, "SECRET", 0.85)
        yield from matches(_WALLET, text, "SECRET")
    if any(gate in lowered for gate in _REVERSED_GATES):
        yield from _reversed(text)
    if (":" in text or "=" in text) and any(gate in lowered for gate in _LOGIN_GATES):
        yield from (
            span
            for span in matches(_LOGIN, text, "SECRET", 0.7)
            if is_no_word(text[span.start : span.end].replace(" ", ""))
        )


def _reversed(text: str) -> Iterator[Span]:
    for match in _REVERSED.finditer(text):
        group = match.lastgroup or 0
        if group == "quoted" or is_no_word(match[group]):
            yield Span(match.start(group), match.end(group), "SECRET", 0.8)
