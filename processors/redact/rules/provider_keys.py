"""Keys that tell by their first characters who issued them, as their providers document.

A prefix says where a key begins; it ends where the run of characters ends that a key can consist of, so a provider may
lengthen its keys without one being cut.
"""

import re
from collections.abc import Iterator

from processors.redact.rules.randomness import is_random, odd_share
from schemas.ports import Span

_CLOUDS = (
    r"AIza ya29\. GOCSPX- ABSK bedrock-api-key- do[opr]_v1_ cfk_ cfut_ cfat_ HRKU- nf[bcopu]_ vc[aikpr]_ fo1_ "
    r"fm\d[a-z]?_ sb[ps]_ sb_secret_ sb_publishable_ sbp_oauth_ pscale_[a-z]+_ napi_ npg_ mdb_sa_sk_ tskey- rnd_ 1//0"
)
_CODE_HOSTS = (
    r"gh[oprsu]_ github_pat_ gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|soat|imt|agent|wt|ffct)- GR1348941 ATATT ATCTT AT[BOS][AB] "
    r"CCIPAT_ CCIPRJ_ bk[acu]a_ npm_ pypi- rubygems_ dckr_[op]at_ hv[brs]\. pul- dp\.[a-z]+\. cmVmdGtu "
    r"sq[apu]_ sgp_ ops_eyJ"
)
_MODELS = (
    r"sk-(?:proj|svcacct|admin|ant|or|lf)- hf_ api_org_ r8_ xai- gsk_ pplx- pcsk_ lsv2_[a-z]+_ nvapi- tgp_v1_"
)
_PAYMENTS = (
    r"[sprm]k_(?:live|test)_ whsec_ sq0[a-z]{3}- access_token\$(?:production|sandbox)\$ A21AA "
    r"shp(?:at|ca|pa|ss|ua|tka|rt)_ rzp_(?:live|test)_ FLWSECK access-(?:sandbox|development|production)- EZ[AT]K "
    r"shippo_(?:live|test)_"
)
_MESSAGES = r"xox[a-z][.-] xapp- xwfp- xkeysib- WPL_AP\d\."
_TOOLS = (
    r"glsa_ glc_ NR(?:AK|II|IQ|RA|BR|JS|SP|AL)- dd(?:p|s)at_ ddapp_ sntry[su]_ dt0[a-z]\d\d\. lin_(?:api|oauth)_ ntn_ "
    r"fig[dour]_ PMA[KT]- tfp_ CFPAT- pat-(?:na|eu)\d- AGE-SECRET-KEY- eyJ"
)
_UNSURE = r"sk- key- re_ fw_ sk\. pk\. sl\. dp\. AQ\. SG\. v1\.0- mfa\. secret_ LTAI AKID AKCp"
"""What also begins words and names: a key only where random characters follow."""

_SHAPED = (
    r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA|APKA|ASCA)[A-Z0-9]{12,}",
    r"(?:AC|SK|dapi|pub)[0-9a-f]{32}",
    r"(?:sdk-|mob-|amzn\.mws\.)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    r"A3-[A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){4,5}",
    r"AAAA[A-Za-z0-9_-]{7}:[A-Za-z0-9_-]{100,}",
    r"AQE[A-Za-z0-9+/]{60,}=?-[^\s\"'<>\\]{4,64}",
    r"EAA[A-Za-z0-9_-]{40,}",
    r"oy2[a-z0-9]{43}",
    r"cio[A-Za-z0-9]{32}",
    r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
    r"key(?=[A-Za-z]{0,13}\d)(?=[A-Za-z0-9]{14}(?![\w-]))[A-Za-z0-9]{14}",
    r"\d{8,10}:AA[\w-]{30,}",
    r"[012]/\d{10,20}(?:/\d{10,20})?:[0-9a-f]{32,}",
    r"\d{13,17}\|[\w-]{27,}",
    r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}",
    r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}",
    r"[\w.~-]{3}\dQ~[\w.~-]{31,34}",
    r"[0-9a-f]{32}-us\d{1,2}",
    r"[a-z]\+[A-Za-z0-9_-]{18}",
    r"A{18,}[\w%+/=-]{30,}",
    r"(?:FlyV1 )?f[mo]\d[a-z]?_[\w+/=-]{16,}(?:,f[mo]\d[a-z]?_[\w+/=-]{16,}){0,8}",
)


def _any(prefixes: str) -> str:
    return "|".join(prefixes.split())


_TAIL = r"(?P<tail>[A-Za-z0-9_+/=.~%$-]{12,})"
_BEGINNING = r"(?<![A-Za-z0-9])"
_ISSUED = f"{_CLOUDS} {_CODE_HOSTS} {_MODELS} {_PAYMENTS} {_MESSAGES} {_TOOLS}"
_SURE = re.compile(rf"{_BEGINNING}(?:{_any(_ISSUED)}){_TAIL}")
_MAYBE = re.compile(rf"{_BEGINNING}(?:{_any(_UNSURE)}){_TAIL}")
_SHAPES = re.compile(rf"{_BEGINNING}(?:{'|'.join(_SHAPED)})", re.ASCII)
_SHARE = 0.2
_CLOSING = "."


def find(text: str) -> Iterator[Span]:
    """Yield keys whose provider can be told. Does nothing quickly only behind a gate: each position is tried."""
    for match in _SURE.finditer(text):
        if _is_drawn(match["tail"]):
            yield _span(match)
    for match in _MAYBE.finditer(text):
        if is_random(match["tail"]) or is_random(match[0]):
            yield _span(match)
    for match in _SHAPES.finditer(text):
        yield _span(match)


def has_known_key(text: str) -> bool:
    """Whether a text contains a key in a provider's documented format, or a JSON Web Token (RFC 7519)."""
    return next(find(text), None) is not None


def _is_drawn(tail: str) -> bool:
    """Whether what follows a prefix is no name: `npm_config_registry` is none of npm's keys."""
    return any(map(str.isdigit, tail)) or odd_share(tail) >= _SHARE


def _span(match: re.Match[str]) -> Span:
    return Span(match.start(), match.start() + len(match[0].rstrip(_CLOSING)), "SECRET", 0.95)
