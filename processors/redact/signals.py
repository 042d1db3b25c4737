"""Signs that a text tries to instruct the model. A mark for later stages and reviewers, never a control by itself."""

import re
from collections.abc import Iterator

from processors.redact.readings.views import views
from schemas.knowledge import Signal
from schemas.ports import Span

HIDDEN_TEXT = "hidden_text"

_OBJECT = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directions?|polic(?:y|ies)|anweisungen|regeln|vorgaben|befehle|"
    r"consignes|r\u00e8gles|instrucciones|reglas|\u00f3rdenes|istruzioni|regole|instru\u00e7\u00f5es|regras)"
)
_MODEL = (
    r"(?:(?:ai|large language|language|virtual) (?:assistant|model|agent|bot)s?|assistants?|chatbots?|ai|llms?|gpt|ki|ia|"
    r"sprachmodell)"
)
_CONFIDENTIAL = (
    r"(?:system prompt|(?:whole |entire |full )?(?:conversation|chat) (?:history|log)|api keys?|credentials|"
    r"access tokens?|other customers'?|customer (?:list|database|records)|internal (?:notes|data|documents))"
)
_PATTERNS = {
    "instruction_override": re.compile(
        rf"\b(?:ignore|disregard|forget|override|bypass|skip|ignorier\w*|vergiss|missachte|ignorez?|oublie[zr]?|ignora|"
        rf"olvida|omite|ignori|dimentica|esque\u00e7a)\b[^.!?\n]{{0,60}}\b{_OBJECT}"
        r"|\b(?:ignore|disregard|forget) (?:everything|anything|all) (?:above|before|prior|previous|you|that|i said)"
        r"|\b(?:new|updated|real|actual|neue|nouvelles|nuevas) (?:system )?"
        r"(?:instructions?|anweisungen|consignes|instrucciones)[ ]?:"
        r"|\byou are now (?:an? |the |in |acting|playing|free\b|unrestricted|dan\b)"
        r"|\b(?:act|pretend|behave) (?:as if |as an? |as the |like |to be |you are )(?:an? |the )?"
        r"|\b(?:developer|admin(?:istrator)?|god|debug|jailbreak|dan|maintenance) mode\b|\bdo anything now\b"
        r"|\b(?:from now on|for the rest of this (?:chat|conversation)),? (?:you|always|never|only|answer|respond|reply)\b"
        r"|\b(?:end|begin|start) of (?:the )?(?:system|user|customer|developer) (?:prompt|message|input|instructions)\b"
        r"|\b(?:system|security|policy|safety) override\b|\boverride (?:code|token|password)\b"
        r"|\b(?:without|skip|disable|turn off) (?:any |all |the |your )?(?:safety|security|policy|content)[ -]?"
        r"(?:checks?|filters?|rules?|policies|verification)\b"
        r"|\bdo not (?:tell|inform|mention (?:this|it) to|alert|notify) (?:the |any )?"
        r"(?:user|customer|human|reviewer|operator|moderator)s?\b",
        re.IGNORECASE,
    ),
    "addressed_to_model": re.compile(
        rf"\b(?:attention|note|message|instructions?|important|hinweis|nachricht|note) (?:to|for|f\u00fcr|an|pour|para) "
        rf"(?:the |any |all |alle |die |l')?{_MODEL}\b"
        rf"|\battention[ ,:]{{1,2}}(?:all |any )?{_MODEL}\b"
        rf"|\b(?:dear|hey) (?:ai|llm|language model|gpt)\b|\bif you are (?:an? )?{_MODEL}\b"
        r"|\bas an ai(?: language)?(?: model| assistant)?\b",
        re.IGNORECASE,
    ),
    "prompt_disclosure": re.compile(
        r"\b(?:reveal|show|print|repeat|output|tell me|give me|display|leak|quote|zeige?|montrez?|muestra)\b[^.!?\n]{0,40}"
        r"\b(?:system prompt|your (?:prompt|instructions|rules)|initial prompt|hidden (?:prompt|rules|instructions)|"
        r"systemprompt|deine anweisungen|tes instructions|tus instrucciones)"
        r"|\b(?:repeat|print|output|translate|summari[sz]e) (?:everything|all|the (?:text|words|messages?)) "
        r"(?:above|before this|written so far)\b",
        re.IGNORECASE,
    ),
    "role_tag": re.compile(
        r"<\|[a-z_]{2,20}\|>|\[/?(?:INST|SYS|SYSTEM)\]|<</?SYS>>|</?(?:system|assistant|developer|user|tool)\b[^>\n]{0,40}>"
        r"|(?:^|\n)[ \t#*]{0,6}(?:system|assistant|developer|tool)[ \t*]{0,3}:"
        r"|\"role\"[ \t]{0,3}:[ \t]{0,3}\"(?:system|assistant|developer|tool)\"",
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
    "exfiltration": re.compile(
        r"!\[[^\]\n]{0,200}\]\([ ]?<?(?:https?:)?//[^)\s]{1,600}"
        r"|!\[[^\]\n]{0,200}\]\[[^\]\n]{0,80}\]"
        r"|<img\b[^>]{0,200}\bsrc[ ]?=[ ]?[\"']?(?:https?:)?//[^>\s]{1,600}"
        r"|(?:https?:)?//[^\s<>\"']{1,300}(?:\{\{?[\w .]{1,40}\}|\$\{[\w.]{1,40}\}|\[[A-Za-z_ ]{3,40}\]|<[A-Za-z_ ]{3,40}>)"
        rf"|\b(?:send|forward|post|upload|e-?mail|append|encode|include|exfiltrate|leak)\b[^.!?\n]{{0,60}}\b{_CONFIDENTIAL}"
        r"[^.!?\n]{0,60}\b(?:to|in|into|at|as)\b",
        re.IGNORECASE,
    ),
    HIDDEN_TEXT: re.compile(
        r"<!--(?=[^>]{0,20}\w)(?:(?!-->)[\s\S]){0,2000}(?:-->)?"
        r"|\bstyle[ ]?=[ ]?[\"'][^\"'>]{0,200}(?:display[ ]?:[ ]?none|visibility[ ]?:[ ]?hidden|font-size[ ]?:[ ]?0|"
        r"opacity[ ]?:[ ]?0(?!\.?[1-9])|color[ ]?:[ ]?(?:white|transparent|#fff)|text-indent[ ]?:[ ]?-\d{3}|"
        r"(?:left|top)[ ]?:[ ]?-\d{3})"
        r"|\{[^{}]{0,200}(?:display[ ]?:[ ]?none|visibility[ ]?:[ ]?hidden|font-size[ ]?:[ ]?0)[^{}]{0,200}\}"
        r"|<[a-z]{1,12}\b[^>]{0,200}[ ](?:hidden|aria-hidden[ ]?=[ ]?[\"']?true)\b[^>]{0,200}>"
        r"|^[ ]{0,3}\[//\]:[ ]?#[^\n]{1,500}|<(?:script|iframe|object|embed|noscript|template)\b[^>]{0,200}>",
        re.IGNORECASE | re.MULTILINE,
    ),
}


def find(text: str) -> Iterator[Signal]:
    """Yield the signs in a text, in order of their kinds; those in its other readings too, marked where they came from."""
    readings = views(text)
    for kind, pattern in _PATTERNS.items():
        shown = [match.span() for match in pattern.finditer(text)]
        yield from (Signal(kind=kind, start=start, end=end) for start, end in shown)
        disguised = (
            reading.original(Span(*match.span(), kind, 1.0))
            for reading in readings
            for match in pattern.finditer(reading.text)
        )
        yield from (
            Signal(kind=kind, start=span.start, end=span.end)
            for span in disguised
            if not any(start < span.end and span.start < end for start, end in shown)
        )


def beside(texts: list[str]) -> Iterator[Signal]:
    """Yield a sign with an empty span for each kind found in other texts: it lies outside the request's own."""
    kinds = sorted({signal.kind for text in texts for signal in find(text)})
    yield from (Signal(kind=kind, start=0, end=0) for kind in kinds)
