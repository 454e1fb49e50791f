"""Tokens whose form says what they are: the forms as data, and one search for all of them.

The forms are those that the services publish and that open scanners of secrets look for. A line holds the literal that a token
begins with and what follows it, in holes: `{a20}` stands for twenty characters of an alphabet, the last hole for so many and
more. A test makes an example and a counter-example of each line, and looks for both.
"""

# ruff: noqa: SIM905, PLR2004 -- a table reads better as text; how random text looks is counted

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from hotlog import __builtins__
from hotlog.coldstart.lazy_regex import Pattern, any_of

ALPHABETS: Final = {
    "a": "[A-Za-z0-9]",
    "b": "[A-Za-z0-9+/]",
    "d": "[0-9]",
    "h": "[0-9a-fA-F]",
    "l": "[a-z0-9]",
    "u": "[A-Z0-9]",
    "w": "[A-Za-z0-9_-]",
    "x": "[A-Za-z0-9_.=~+/-]",
}
FORMS: Final = tuple(
    """
    A3-{u6}-{w20} AGE-SECRET-KEY-1{u20} AIza{w30} AKIA{u16} ASIA{u16} ABIA{u16} ACCA{u16} A3T{u17} ABSK{b40} AC{h32} AKCp{a60} API-{u26}
    AQVN{w34} ATATT{x20} ATBB{a24} ATCTT{x20} ATTA{h60} BBFF-{a30} CCIPAT_{a20} CFPAT-{w40} CLOJARS_{l40} EAAA{w54} EAAC{a60} EAAM{a60}
    EZAK{a50} EZTK{a50} FLWSECK{w20} FLWPUBK{w20} FwoGZXIvYXdz{x20} FQoGZXIvYXdz{x20} GOCSPX-{w16} GR1348941{w20} HRKU-AA{w40}
    IQoJb3JpZ2lu{x20} LTAI{a16} MA{u18}:{a40} NRAK-{u20} NRII-{w20} NRJS-{h19} NRRA-{h32} PMAK-{w20} SCW{u17} SG.{w16+}.{w16} SK{h32} YC{w38}
    aio_{a28} access-sandbox-{h8}-{w20} access-development-{h8}-{w20} access-production-{h8}-{w20}
    api-{h8}-{h4}-{h4}-{h4}-{h12} api_org_{a30} apify_api_{a30} b_{w44} bkua_{h36} bkct_{a30} cio{a32} cmVmd{a59} csk-{l40} dapi{h32} ddp_{a36}
    dckr_oat_{w20} dckr_pat_{w20} dnkey-{w60} doo_v1_{h32} dop_v1_{h32} dor_v1_{h32} dp.{l2}.{x20} dt0c01.{u20+}.{u60} dt0s01.{u8+}.{u60}
    duffel_live_{x40} duffel_test_{x40} endr+{a16} eyJ{w8+}.{x4} eyJrIjoi{b60} figd_{w36} fio-u-{x60} fm1a_{b60} fm1r_{b60} fm2_{b60} fo1_{w40}
    gho_{a20} ghp_{a20} ghr_{a20} ghs_{a20} ghu_{a20} github_pat_{w20} glagent-{w40} glc_{x32} glcbt-{x20} gldt-{w20} glffct-{w20} glft-{w20}
    glimt-{w25} gloas-{w40} glpat-{w16} glptt-{h40} glrt-{w20} glrtr-{w20} glsa_{a32}_{h8} glsoat-{w20} glwt-{w20} gsk_{a20} hf_{a20} hvb.{w20}
    hvr.{w20} hvs.{w20} ico-{a32} key-{h32} lin_api_{w20} lin_oauth_{w20} live_{x40} lsv2_pt_{h30} lsv2_sk_{h30} mdb_sa_sk_{w30} mlsn.{h60}
    nfc_{a36} nfo_{a36} nfp_{a36} nfu_{a36} npm_{a30} ntn_{a20} nvapi-{w50} ops_eyJ{x60} oy2{l43} p8e-{a32} pa-{w43} pat-{l3}-{w30} pat.{w22}.{x40}
    pat{a14}.{h60} pcsk_{w60} phc_{a40} phx_{a40} pk_{d6+}_{u32} pnu_{a36} pplx-{a20} pscale_oauth_{x30} pscale_pw_{x30} pscale_tkn_{x30}
    pul-{h40} pypi-{w30} r8_{a36} ramp_sec_{a40} rdme_{l60} re_{a8}_{a16} retool_{w30} rk_live_{a8} rk_prod_{a8} rk_test_{a8} rubygems_{h40}
    rzp_live_{a14} rzp_test_{a14} s-s4t2af-{h60} s-s4t2ud-{h60} sat.{w22}.{x40} sb_secret_{w20} sbp_{h20} sbp_v0_{h40} sc_{l5+}.{x40} sdk-{h8}-{h4}-{h4}-{h4}-{h12}
    secret_{a40} sgp_{w40} sha256~{w40} shippo_live_{h36} shippo_test_{h36} shpat_{h32} shpca_{h32} shppa_{h32} shpss_{h32}
    sk.eyJ{w16+}.{w16} sk_live_{a8} sk_prod_{a8} sk_test_{a8} sl.{w60} sm_aat_{a16} sm_pat_{a16} sm_sat_{a16} snyk_sat.{x40} snyk_uat.{x40}
    sntrys_eyJ{x40} sntryu_{h60} sq0atp-{w20} sq0csp-{w20} sq0idp-{w20} sqa_{h40} sqp_{h40} squ_{h40} t1.{w4+}.{w80} tfp_{x50} tgp_v1_{w40} tk-us-{w40}
    tskey-{l3}{x20} tss_{a36} tvly-{w20} vcp_{a40} waka_{h8}-{w20} waka_sec_{w30} whsec_{b16} xai-{w20} xapp-{w11} xkeysib-{w20} xnd_production_{w30}
    xnd_development_{w30} xoxa-{w11} xoxb-{w11} xoxc-{w11} xoxd-{x11} xoxe-{w11} xoxe.xox{w8} xoxo-{w11} xoxp-{w11} xoxr-{w11} xoxs-{w11} xsmtpsib-{w20} ya29.{x16} zpka_{w30}
    sk_{h48} fc-{h32} fw_{a22} e2b_{h40} live_{a30} APP_USR-{d12+}-{w30} ck_{h40} cs_{h40} amzn.mws.{h8}-{w20} amzn1.oa2-cs.v1.{h60} 1000.{h32}.{h32}
    polar_oat_{w40} polar_pat_{w40} xau_{a40} AVNS_{w19} hcaik_{l58} llx-{w40} rootly_{h60} wandb_v1_{w60} xprv{a100} yprv{a100} zprv{a100}
    v1.0-{h24}-{h60} lfc_{w20} vercel_{w20} napi_{a40} pdl_live_{w20} dsp_{w40} hcp.{w30} ctp_{a30} rpa_{u30} tmr-{w40}
    """.split()
)
# Forms that no literal begins, and addresses that are themselves the secret: what each holds in any case, and the expression.
INNER: Final = (
    ("Q~", r"(?<![\w~.-])[\w~.]{3}[0-9]Q~[\w~.-]{31,40}"),
    ("AZDO", r"(?<![A-Za-z0-9])[A-Za-z0-9]{70,80}AZDO[A-Za-z0-9]{4}"),
    ("AzFu", r"(?<![\w-])[\w-]{40,48}AzFu[\w-]{4,8}"),
    ("AzSe", r"(?<![A-Za-z0-9])[A-Za-z0-9]{38,48}AzSe[A-Za-z0-9]{4,8}"),
    ("atlasv1.", r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}"),
    ("_mmk", r"(?<![A-Za-z0-9])[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk\b"),
    ("-us", r"(?<![0-9a-f])[0-9a-f]{32}-us[0-9]{1,2}\b"),
    ("NRAL", r"(?<![0-9a-f])[0-9a-f]{36}[A-F0-9]{0,4}NRAL\b"),
    ("AA", r"(?<![0-9])[0-9]{8,10}:AA[\w-]{30,}"),
    ("APA91b", r"(?<![\w-])[\w-]{7,14}:APA91b[\w-]{40,}"),
    ("AAAAAAAAAAAAAAAAAAAA", r"(?<![A-Za-z0-9])A{20}[\w%]{60,}"),
    (".", r"(?<![\w.-])[MNO][A-Za-z0-9]{23,27}\.[\w-]{6}\.[\w-]{27,45}"),
    (
        "hook",
        (
            r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+-]+|discord(?:app)?\.com/api/webhooks/[\w/-]+|webhook\.office\.com/webhookb2/[\w@/-]+"
            r"|hooks\.zapier\.com/hooks/catch/[\w/-]+|/open-apis/bot/v2/hook/[\w-]{20,}|/cgi-bin/webhook/send\?key=[\w-]{20,}"
        ),
    ),
    (".local.", r"(?<![\w.])v[1-4]\.local\.[\w-]{60,}"),
    ("infura.io/", r"infura\.io/(?:ws/)?v3/[0-9a-f]{20,}"),
    ("alchemy.com/", r"alchemy\.com/v2/[\w-]{20,}"),
    ("maker.ifttt.com/", r"maker\.ifttt\.com/[\w/-]*/key/[\w-]{20,}"),
    ("aad3b435b51404ee", r"\baad3b435b51404eeaad3b435b51404ee:[0-9a-f]{32}\b"),
    ("1//0", r"(?<![\w/])1//0[\w-]{40,}"),
    ("6Le", r"(?<![\w-])6Le[\w-]{37}(?![\w-])"),
    ("4b1d", r"(?<![A-Za-z0-9])4b1d[A-Za-z0-9]{38}(?![A-Za-z0-9])"),
)

_HOLE: Final = re.compile(r"\{(\w)(\d+)(\+?)\}")
_NO_PIECE: Final = str.maketrans("./~+:$_-", " " * 8)
_HEAD_CHARS: Final = 4
# Glued to other letters, as in `keyAKIA…` and `xghp_…`, a prefix counts that no word ends with by chance: it ends in a
# separator and has three letters, or is one of these. What follows must look drawn at random.
_GLUED: Final = ("AKIA", "ASIA", "AIza")
_GLUED_MIN_LETTERS: Final = 3
_REST_OF_WORD = Pattern(r"[\w-]*")
# `sk-` begins words with hyphens, too: such a token has a digit.
_WITH_DIGIT: Final = r"(?=[\w-]{0,60}[0-9])[\w-]{20,}"


def prefix_of(form: str) -> str:
    """Return the literal that a form begins with."""
    return form.partition("{")[0]


def rest_of(form: str) -> str:
    """Return what follows it, as an expression."""
    rest = form[len(prefix_of(form)) :]
    made, done = "", 0
    for hole in _HOLE.finditer(rest):
        more = "," if hole[3] or hole.end() == len(rest) else ""
        made += f"{re.escape(rest[done : hole.start()])}{ALPHABETS[hole[1]]}{{{hole[2]}{more}}}"
        done = hole.end()
    return made + re.escape(rest[done:])


def _by_prefix() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"sk-": [_WITH_DIGIT]}
    for form in FORMS:
        found.setdefault(prefix_of(form), []).append(rest_of(form))
    return found


class _Search:
    """One search for the prefixes of all forms; what follows is an expression of its own, compiled when one is found."""

    def __init__(self) -> None:
        self._rests = _by_prefix()
        self._prefixes = Pattern(rf"(?<![A-Za-z0-9])(?:{any_of(self._rests)})")
        self._glued = Pattern(rf"(?<=[A-Za-z0-9])(?:{any_of(filter(may_be_glued, self._rests))})")
        self._compiled: dict[str, list[Pattern]] = {}

    def without(self, text: str, instead: str) -> str:
        """Return the text with each token replaced."""
        kept: list[str] = []
        done = 0
        for found in self._prefixes.finditer(text):
            if found.start() >= done and (end := self._end_of(text, found)):
                kept += (text[done : found.start()], instead)
                done = end
        return "".join((*kept, text[done:])) if kept else text

    def without_glued(self, text: str, instead: str) -> str:
        """Return the text with each token replaced that letters stand before."""
        kept: list[str] = []
        done = 0
        for found in self._glued.finditer(text):
            start = found.start()
            if start >= done and (end := self._end_of(text, found)):
                if is_drawn(text[found.end() : end]):
                    kept += (text[done:start], instead)
                done = end
        return "".join((*kept, text[done:])) if kept else text

    def _end_of(self, text: str, found: re.Match[str]) -> int:
        """Return where the token that may begin there ends; 0 where it is none. A prefix may be the start of a longer one."""
        prefix = found[0]
        rests = self._compiled.get(prefix)
        if rests is None:
            rests = self._compiled[prefix] = [
                Pattern(re.escape(each) + rest)
                for each, all_of_it in self._rests.items()
                if prefix.startswith(each)
                for rest in all_of_it
            ]
        start = found.start()
        end = max((match.end() for rest in rests if (match := rest.match(text, start))), default=0)
        more = _REST_OF_WORD.match(text, end) if end else None
        return more.end() if more else 0


def is_drawn(text: str) -> bool:
    """Return whether text looks drawn at random: letters and digits, or small and large ones, change places all the time."""
    changes = digits = 0
    before = ""
    for sign in text:
        kind = "d" if sign.isdigit() else "u" if sign.isupper() else "l" if sign.isalpha() else before
        changes += kind != before
        digits += kind == "d"
        before = kind
    return (digits >= 2 and changes * 9 >= len(text) * 2) or changes * 12 >= len(text) * 5


def may_be_glued(prefix: str) -> bool:
    """Return whether the prefix counts in the middle of a word, too."""
    return prefix in _GLUED or (
        not prefix[-1].isalnum()
        and prefix[1].isalnum()
        and sum(map(str.isalpha, prefix)) >= _GLUED_MIN_LETTERS
    )


_search = lru_cache(maxsize=1)(_Search)
# The first pieces of all prefixes: those that end at a separator, and the beginnings of the others.
_FIRST: Final = [prefix.translate(_NO_PIECE).partition(" ") for prefix in (*map(prefix_of, FORMS), "sk-")]
_PIECES: Final = frozenset(piece for piece, separator, _ in _FIRST if separator)
_HEADS: Final = frozenset(piece[:_HEAD_CHARS] for piece, separator, _ in _FIRST if not separator)
_TAILS: Final = frozenset(
    prefix.translate(_NO_PIECE).partition(" ")[0][-3:]
    for prefix in map(prefix_of, FORMS)
    if may_be_glued(prefix)
)
_INNER: Final = tuple((hint, Pattern(expression)) for hint, expression in INNER)


def without_tokens(text: str, words: list[str], instead: str) -> str:
    """Return the text with each token of a known form replaced.

    Args:
        text: any text.
        words: those of its words that are long enough; the others hold none.
        instead: what stands in the place of a token.
    """
    joined = " ".join(words)
    pieces = joined.translate(_NO_PIECE).split()
    if _may_begin(pieces):
        text = _search().without(text, instead)
    if _may_be_within(pieces) or "AKIA" in joined or "ASIA" in joined or "AIza" in joined:
        text = _search().without_glued(text, instead)
    for hint, pattern in _INNER:
        if hint in joined:
            text = pattern.sub(instead, text)
    return text


def _may_begin(pieces: list[str]) -> bool:
    """Return whether one of the pieces of words begins as a form does."""
    for piece in pieces:
        if piece in _PIECES or piece[:4] in _HEADS or piece[:3] in _HEADS or piece[:2] in _HEADS:
            return True
    return False


def _may_be_within(pieces: list[str]) -> bool:
    """Return whether one of the pieces of words ends as the first piece of a form does."""
    for piece in pieces:  # noqa: SIM110 -- any(…) takes twice as long
        if piece[-3:] in _TAILS or piece[-2:] in _TAILS:
            return True
    return False
