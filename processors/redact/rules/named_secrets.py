"""Values that are secret because a word says so: `password: ...`, `API_KEY=...`, "das Passwort lautet ..."."""

import re
from collections.abc import Iterator

from processors.redact.rules.randomness import is_no_word, is_random, is_uuid
from schemas.ports import Span

_GATES = (
    "pass", "pwd", "pw", "kennw", "contrase", "clave", "senha", "wachtw", "secret", "geheim", "token", "key",
    "schl\u00fcssel", "schluessel", "jeton", "cl\u00e9",
)  # fmt: skip
_GATES_OF_ASSIGNMENTS = (
    "mdp", "auth", "cred", "cookie", "sess", "sid", "sig", "login", "zugang", "pat", "dsn", "sas", "salt", "salz",
    "licen", "lizenz", "identifiants", "clef",
)  # fmt: skip
_JOINTS = re.compile(r"[:=|>\t\u2192\u2013\u2014]| - ")
_STRONG = (
    r"pass(?:word|wd|phrase|code|wort|w(?![a-z])|ort)|(?<![a-z])(?:pass|pw|mdp|psw|pat)(?![a-z])|pwd|kennwort|senha"
    r"|wachtwoord|mots? de passe|contrase[n\u00f1]a|(?<![a-z])clave(?![a-z])|secret(?!ar|e|i)|geheim(?:nis|wort)|token|jeton"
    r"|(?:api|access|account|private|signing|encryption|auth|secret|service|subscription|licen[cs]e|master|consumer"
    r"|client|deploy|webhook|integration|routing|admin|app|application|publishable|storage|host|function|functions"
    r"|user|insert|ingest|recovery|backup|hmac|server|project|personal|read|write|rest|live|test|global|origin|sdk)"
    r"[ _.-]{0,2}keys?(?![a-z])|(?:api|zugangs|zugriffs|lizenz|privater?)[ -]?schl(?:\u00fc|ue)ssel"
    r"|cl(?:\u00e9|e|ef)s? (?:api|d'acc[e\u00e8]s|secr[e\u00e8]te|priv[e\u00e9]e)|clave (?:de )?(?:api|acceso|secreta|privada)"
    r"|(?<![a-z])(?:dsn|pgpass|sas)(?![a-z])"
)
_WEAK = (
    r"(?<![a-z])(?:key|auth|authentication|credentials?|creds|cookies?|sessions?|sid|sig|signature|salt|licen[cs]e"
    r"|lizenz|zugangsdaten|identifiants|login|sess|salz)(?![a-z])|sess(?:ion)?[ _-]?id|connect\.sid"
)
_SUFFIX = (
    r"(?:value|string|text|hash|base64|b64|keys?|accesskey|token|data|plain|prod|dev|test|live|new|old|s)?"
)
_LINKED = r"(?:[_.-][a-z0-9]{1,24}){0,4}"
_NAME = re.compile(rf"(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK})){_SUFFIX}(?P<linked>{_LINKED})\d{{0,3}}")
_COUNTS = re.compile(
    r"(?:count|length|len|size|limit|type|expir\w*|policy|min|max|age|hint|status|used|enabled|required|changed|at"
    r"|name|budget|per|in|ttl|rotation|strength|rules?|reset|s)$"
)
"""What a name ends with that tells about a secret, and is none."""

_ASSIGNED = re.compile(
    r"[\"'`\])\\*]{0,4}[ \t\u00a0]{0,3}"
    r"(?:(?::[ ]?(?:str|string|bytes|text|secretstr)[ ]?)?(?P<equals>=>|:=|={1,3}|%3[AaDd])|(?P<soft>\|(?!\|)|->|\u2192|[ ][-\u2013\u2014][ ]|\t)|[:\uff1a](?!//)"
    r"|(?P<element>>)|[ ]value=|[ ]?,[ ]?\\?[\"']value\\?[\"'][ ]?:)"
    r"(?:\*{1,2}(?=[ \t]))?[ \t\u00a0]{0,4}(?P<break>\r?\n[ \t>]{0,8}(?=[^\s]{4,64}[ \t]*(?:\r?\n|$)))?",
    re.IGNORECASE,
)
_COPULA_WORDS = "is was ist war lautet lautete hei\u00dft heisst est \u00e9tait c'est es era remains bleibt"
_FILLER_WORDS = (
    "now still currently again jetzt nun noch wieder maintenant toujours ahora todav\u00eda set changed reset"
)
_TURN_WORDS = "to auf zu \u00e0 a en with mit avec con as als comme como from von de wurde been and und et y"
_COPULAS, _FILLERS, _TURNS = (
    frozenset(words.split()) for words in (_COPULA_WORDS, _FILLER_WORDS, _TURN_WORDS)
)
_WORD = re.compile(
    r"[ \t\u00a0]*(?P<said>[^\s\"\u201c\u201e\u00ab`]{0,64}[^\s\"\u201c\u201e\u00ab`,:=]|)[,:=]?[ \t\u00a0]+"
)
_MOST_WORDS = 8
_END = (".", "!", "?", ";")
_ALSO = re.compile(
    r"[\"'\u201c\u201d`]?[ ](?:to|auf|zu|nach|\u00e0|a|en|and|und|et|y|or|oder|ou|o)[ ]", re.IGNORECASE
)
_HEADED = re.compile(r"(?P<equals>)(?P<soft>[ \t]*\r?\n)(?=\S{4,64}[ \t]*(?:\r?\n|$))")
_BESIDE = re.compile(r"[ \t]{1,3}")
_VALUE = re.compile(
    r"\\+[\"'](?P<escaped>(?:[^\\\n]|\\(?![\"'])){1,4096})"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.){1,4096})|'(?P<single>(?:[^'\\\n]|\\.|''){1,4096})"
    r"|[\u201c\u201e\u00ab\u2018\u201a\u2039`](?P<curly>[^\u201c\u201d\u00bb\u2018\u2019\u203a`\n]{1,256})"
    r"|(?P<bare>(?:(?![;&,][ ]?[A-Za-z][\w .-]{0,40}=|[\"']?[},\]][ ]?(?:[\"'}\]]|$)|</|<[A-Z][A-Z_]{1,30}_[0-9a-f]{6})"
    r"(?:[^\s\"']|[\"'](?=[A-Za-z0-9]))){1,4096})"
)
_SCHEMED = re.compile(r"(?:bearer|basic|token|apikey|bot|ssws|geniekey|key|jwt|pat)[ \t]{1,3}", re.IGNORECASE)
_NOTHING = re.compile(
    r"(?:null|none|nil|true|false|undefined|yes|no|n/?a|empty|redacted|hidden|optional|required|\*+|x{3,}|\.{2,}|\u2022+|-+)[,;.)]*",
    re.IGNORECASE,
)
_REFERENCE_TO_VALUE = re.compile(
    r"(?:\$\{[^}]*\}?|\{\{.*|\$\(?[A-Z]{2,}(?:_[A-Z0-9]+)*\)?|%[A-Z]{2,}[A-Z0-9_]*%"
    r"|(?:process\.env|os\.environ|os\.getenv|env|getenv|vault|secrets|var)[.\[(:].*)[,;.)]*"
)
_PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]{1,30}_[0-9a-f]{6,}>")
_SAID = (
    "wrong incorrect invalid expired correct right missing lost forgotten different same ok okay fine weak strong "
    "needed unknown blocked locked gone broken working secure safe empty long short old stolen public private not "
    "never always no being a an the that this these those what where why how when only just very too also still now "
    "used sent shown stored known case to in on at my his her your our their it i we you they and or but because "
    "falsch abgelaufen ung\u00fcltig richtig vergessen weg gesperrt korrekt neu nicht kein keine nie immer mir ein eine "
    "unbekannt sicher unsicher zu der die das den leer alt incorrect faux fausse invalide expir\u00e9 oubli\u00e9 perdu bon "
    "bloqu\u00e9 pas un une le la les trop incorrecta inv\u00e1lida olvidada caducada mala correcta err\u00f3nea no una el "
    "muy demasiado bloqueada perdida"
)
_STATES = frozenset(_SAID.split())
"""What is said of a password that is not told."""

_CLOSING = ".,;:)]}*`"
_SENTENCE = ".,;:"
_TELLING = re.compile(r"(?=[^\s]*[A-Za-z])(?=[^\s]*[\d!#$%&*+=?@^_~])")
_REFERENCE = re.compile(r"[A-Z]{1,4}-\d{3,12}")
"""A number of an order or a case: beside the word password, it says whose."""

_PARTICIPLE = re.compile(
    r"(?:ed|ing|\u00e9e?|iert|[ai]d[ao])$|^(?:ge|ab|be|ein|ver|zer|ent|er|auf|aus|an|zu)\w+(?:t|en)$"
)
_ASSIGNED_SCORE, _TOLD_SCORE = 0.9, 0.85
_LONGEST_WORD = 64
_SHORTEST, _SHORTEST_TELLING, _SHORTEST_OPAQUE = 2, 6, 8


def find(text: str) -> Iterator[Span]:
    """Yield the values of what is called a password, key or token, whole: to the closing quote or the next blank."""
    lowered = _lowered(text)
    if not _is_worthwhile(lowered):
        return
    name = _NAME.search(lowered)
    while name is not None:
        following = _NAME.search(lowered, name.end())
        joint = _joint(text, name)
        limit = following.start() if following and following["strong"] else len(text)
        span = _assigned(text, name, joint) if joint else _told(text, lowered, name, limit)
        end = name.end()
        while span is not None:
            yield span
            end = span.end
            span = _also(text, end) if span.score < _ASSIGNED_SCORE else None
        name = following if following is None or following.start() >= end else _NAME.search(lowered, end)


def _is_worthwhile(lowered: str) -> bool:
    if any(gate in lowered for gate in _GATES):
        return True
    return any(gate in lowered for gate in _GATES_OF_ASSIGNMENTS) and bool(_JOINTS.search(lowered))


def _lowered(text: str) -> str:
    """Return the text in lower case, character by character: a few become two, which would shift what follows."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def _joint(text: str, name: re.Match[str]) -> re.Match[str] | None:
    """Return what stands between a name and its value, if one follows that could be."""
    joint = _ASSIGNED.match(text, name.end()) or _headed(text, name)
    if joint is None or joint["soft"] is None:
        return joint
    if name["strong"] is None:
        return None
    value = _VALUE.match(text, joint.end(), joint.end() + _LONGEST_WORD)
    return joint if value and _is_telling(value) else None


def _assigned(text: str, name: re.Match[str], joint: re.Match[str]) -> Span | None:
    scheme = _SCHEMED.match(text, joint.end())
    value = _VALUE.match(text, scheme.end() if scheme else joint.end())
    if value is None or (name["strong"] is None and not _is_opaque(value)):
        return None
    if _tells_about(name, value):
        return None
    return _span(value, _ASSIGNED_SCORE, _SENTENCE if joint["equals"] is None else ",;")


def _headed(text: str, name: re.Match[str]) -> re.Match[str] | None:
    """A name alone on its line, over a line that can only be its value."""
    if name.start() and text[name.start() - 1] != "\n":
        return None
    return _HEADED.match(text, name.end())


def _tells_about(name: re.Match[str], value: re.Match[str]) -> bool:
    content = value[value.lastgroup or 0]
    if len(content) > _LONGEST_WORD:
        return False
    if _NOTHING.fullmatch(content) or _REFERENCE_TO_VALUE.fullmatch(content):
        return True
    return bool(_COUNTS.search(name[0])) and (content.isdigit() or not _TELLING.match(content))


def _told(text: str, lowered: str, name: re.Match[str], limit: int) -> Span | None:
    """A secret told in a sentence: `the password is wrong` tells none, `password hunter2` does."""
    if name["strong"] is None:
        return None
    blank = _BESIDE.match(text, name.end())
    value = _VALUE.match(text, blank.end()) if blank else None
    if value and (
        _is_flag(text, name) or _is_telling(value) or (value.lastgroup != "bare" and _is_told(value))
    ):
        return _span(value, _TOLD_SCORE)
    return _told_later(text, lowered, name.end(), limit)


def _told_later(text: str, lowered: str, at: int, limit: int) -> Span | None:
    """Walk over the words behind a name, up to the next one, to what follows `is`, `to` and the like and can be a value."""
    before, direct = "", True
    for _ in range(_MOST_WORDS):
        if before in _COPULAS or before in _TURNS:
            value = _VALUE.match(text, at)
            sure = _is_told if direct and before in _COPULAS else _is_telling
            if value and sure(value):
                return _span(value, _TOLD_SCORE)
        word = _WORD.match(lowered, at, limit)
        if word is None or word["said"].endswith(_END):
            return None
        at, said = word.end(), word["said"]
        if said and said not in _FILLERS:
            direct, before = direct and said in _COPULAS, said
    return None


def _is_flag(text: str, name: re.Match[str]) -> bool:
    """Whether a name is an option of a command: `--token x`."""
    return text[max(0, name.start() - 24) : name.start()].rpartition(" ")[2].startswith("-")


def _also(text: str, at: int) -> Span | None:
    """A second one: `I changed it from hunter2 to hunter3`."""
    joint = _ALSO.match(text, at)
    value = _VALUE.match(text, joint.end()) if joint else None
    return _span(value, _TOLD_SCORE) if value and _is_telling(value) else None


def _content(value: re.Match[str]) -> str:
    """Return the beginning of a value, as far as it takes to judge it."""
    return value[value.lastgroup or 0][: _LONGEST_WORD + 1].strip().rstrip(_CLOSING + "!?")


def _is_told(value: re.Match[str]) -> bool:
    content = _content(value)
    if len(content) < _SHORTEST or content.lower() in _STATES or content.lower() in _FILLERS:
        return False
    return not (content.isalpha() and content.islower() and _PARTICIPLE.search(content))


def _is_telling(value: re.Match[str]) -> bool:
    """Whether something near a name can only be its value: letters mixed with digits or signs, or no word."""
    content = _content(value)
    if len(content) < _SHORTEST_TELLING or _REFERENCE.fullmatch(content):
        return False
    return is_no_word(content)


def _is_opaque(value: re.Match[str]) -> bool:
    """Whether a value is none of the words that follow `session`, `login` or `key` in sentences."""
    bare = _content(value)
    if " " in bare:
        return False
    if len(value[value.lastgroup or 0]) > _LONGEST_WORD or is_random(bare) or is_uuid(bare):
        return True
    return len(bare) >= _SHORTEST_OPAQUE and bool(_TELLING.match(bare))


def _span(value: re.Match[str], score: float, closing: str = _SENTENCE) -> Span | None:
    group = value.lastgroup or 0
    content = value[group]
    kept = len(content.rstrip(closing)) if group == "bare" else len(content)
    if not kept or _PLACEHOLDER.search(value[0]):
        return None
    return Span(value.start(group), value.start(group) + kept, "SECRET", score)
