"""Signs that a text tries to instruct the model. A mark for later stages and reviewers, never a control by itself."""

import re
from collections.abc import Iterator

from schemas.requests import Signal

HIDDEN_TEXT = "hidden_text"

_OBJECT = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directions?|polic(?:y|ies)|anweisungen|regeln|vorgaben|befehle|"
    r"consignes|r\u00e8gles|instrucciones|reglas|\u00f3rdenes)"
)
_PATTERNS = {
    "instruction_override": re.compile(
        rf"\b(?:ignore|disregard|forget|override|bypass|skip|ignorier\w*|vergiss|missachte|ignorez?|oublie[zr]?|ignora|"
        rf"olvida|omite)\b[^.!?\n]{{0,60}}\b{_OBJECT}"
        r"|\b(?:new|updated|real|actual|neue|nouvelles|nuevas) (?:system )?"
        r"(?:instructions?|anweisungen|consignes|instrucciones)[ ]?:"
        r"|\b(?:you are|act|pretend|behave) (?:now |as if |like |to be )(?:an? |the )?"
        r"|\b(?:developer|admin(?:istrator)?|god|debug|jailbreak|dan) mode\b|\bdo anything now\b",
        re.IGNORECASE,
    ),
    "prompt_disclosure": re.compile(
        r"\b(?:reveal|show|print|repeat|output|tell me|give me|display|zeige?|montrez?|muestra)\b[^.!?\n]{0,40}"
        r"\b(?:system prompt|your (?:prompt|instructions|rules)|initial prompt|hidden prompt|systemprompt|"
        r"deine anweisungen|tes instructions|tus instrucciones)",
        re.IGNORECASE,
    ),
    "role_tag": re.compile(
        r"<\|[a-z_]{2,20}\|>|\[/?(?:INST|SYS|SYSTEM)\]|<</?SYS>>|</?(?:system|assistant|developer|user|tool)\b[^>\n]{0,40}>"
        r"|(?:^|\n)[ \t#*]{0,6}(?:system|assistant|developer|tool)[ \t*]{0,3}:",
        re.IGNORECASE,
    ),
    "tool_syntax": re.compile(
        r"</?(?:function|tool|invoke|parameter)[\w:_-]{0,20}[^>\n]{0,60}>"
        r"|\"(?:tool|function|tool_calls?|function_call|action|type|name)\"[ \t]{0,3}:[ \t]{0,3}"
        r"\"[a-z]+(?:_[a-z]+)+\""
        r"|\b(?:issue_refund|send_reply|hand_to_human|ask_clarification|get_order)\b[ \t]{0,3}\("
        r"|```(?:tool|json|xml|system)\b",
        re.IGNORECASE,
    ),
    "approval_claim": re.compile(
        r"\b(?:already|pre-?)[ ]?(?:approved|authori[sz]ed|confirmed) by\b"
        r"|\b(?:manager|supervisor|admin)\b[^.!?\n]{0,20}\b(?:approved|authori[sz]ed)\b"
        r"|\bon behalf of (?:the )?(?:administrator|management|system)\b",
        re.IGNORECASE,
    ),
}


def find(text: str) -> Iterator[Signal]:
    """Yield the signs in a text, in order of their kinds."""
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            yield Signal(kind=kind, start=match.start(), end=match.end())


def beside(texts: list[str]) -> Iterator[Signal]:
    """Yield a sign with an empty span for each kind found in other texts: it lies outside the request's own."""
    kinds = sorted({signal.kind for text in texts for signal in find(text)})
    yield from (Signal(kind=kind, start=0, end=0) for kind in kinds)
