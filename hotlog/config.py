"""The only reader of the process environment: variables in, one frozen `Config` out.

A value that makes no sense never stops an application: the default is taken and the fault is kept in
`Config.problems`, from where it becomes a status event.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REFRESH = ("each", "auto", "background")  # or seconds
BACKENDS = ("recompile", "splice", "monitor")
LEVELS = {
    "TRACE": 5,
    "DEBUG": 10,
    "INFO": 20,
    "WARN": 30,
    "WARNING": 30,
    "ERROR": 40,
    "FATAL": 50,
    "CRITICAL": 50,
}
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

# Packages whose objects hold the function's credentials: no attribute of theirs is read, none of their code is probed.
CREDENTIAL_PACKAGES = frozenset({"aiobotocore", "awslambdaric", "boto3", "botocore", "hotlog", "s3transfer"})
# What hotlog itself calls: a failure there is hotlog's own.
CALLED_PACKAGES = frozenset({"boto3", "botocore", "bytecode", "s3transfer", "urllib3", "watchtower"})
# Where no probe goes, whatever the owner opens. An application may well want to see `urllib3` at work, and may open it.
CLOSED_PACKAGES = CREDENTIAL_PACKAGES | CALLED_PACKAGES - {"urllib3"}
# What tells each of them from a package of the application's own that has its name: a module that no version of it was without.
# `watchtower` has none but `__init__`: it is told by where it lies.
CONTENT_OF_CLOSED = {
    "aiobotocore": "session", "awslambdaric": "bootstrap", "boto3": "session", "botocore": "session", "bytecode": "instr",
    "hotlog": "limits", "s3transfer": "manager",
}  # fmt: skip

_DIGITS_MAX = 9
_SHOWN_CHARS = 40
_FOLDERS = ("PWD", "OLDPWD")  # of a shell: no passwords, whatever else is called so


class Config(NamedTuple):
    """What the environment says. Times carry their unit; a name in capitals is the variable it comes from."""

    enabled: bool = True  # HOTLOG=off
    store: str = ""  # HOTLOG_STORE, an address of `hotlog.addresses`; empty: the default
    sink: str = ""  # HOTLOG_SINK; empty: the default
    sink_fallback: str = ""  # HOTLOG_SINK_FALLBACK=stdout
    refresh: str = "each"  # HOTLOG_REFRESH: each, auto, background, or seconds
    refresh_timeout_ms: int = limits.REFRESH_TIMEOUT_MS  # HOTLOG_REFRESH_TIMEOUT_MS
    backend: str = ""  # HOTLOG_BACKEND forces one
    root: str = ""  # LAMBDA_TASK_ROOT; empty: the current directory
    code_roots: tuple[str, ...] = ()  # HOTLOG_CODE_ROOTS, separated like PATH
    redact: tuple[str, ...] = ()  # HOTLOG_REDACT, separated by commas
    redact_keep: tuple[str, ...] = ()  # HOTLOG_REDACT_KEEP
    redact_pii: bool = False  # HOTLOG_REDACT_PII=1
    redact_strict: bool = False  # HOTLOG_REDACT_MODE=strict
    allow: tuple[str, ...] = ()  # HOTLOG_ALLOW: kinds of rules; empty: all
    max_for_s: int = limits.EXPIRY_MAX_S  # HOTLOG_MAX_FOR
    max_depth: int = limits.CAPTURE_MAX_DEPTH  # HOTLOG_MAX_DEPTH
    max_items: int = limits.CAPTURE_MAX_ITEMS  # HOTLOG_MAX_ITEMS
    max_chars: int = limits.CAPTURE_MAX_CHARS  # HOTLOG_MAX_CHARS
    properties: bool = False  # HOTLOG_PROPERTIES=1
    correlation: str = ""  # HOTLOG_CORRELATION: where the payload has the id that logs are joined by
    handler: str = ""  # HOTLOG_HANDLER: what the layer's shim wraps
    function: str = ""  # AWS_LAMBDA_FUNCTION_NAME
    version: str = ""  # AWS_LAMBDA_FUNCTION_VERSION
    log_stream: str = ""  # AWS_LAMBDA_LOG_STREAM_NAME; SnapStart has none
    region: str = ""  # AWS_REGION
    restores: bool = (
        False  # AWS_LAMBDA_INITIALIZATION_TYPE: the process may be a copy of a snapshot (SnapStart)
    )
    shares: bool = False  # AWS_LAMBDA_MAX_CONCURRENCY: several processes in one environment, with one /tmp
    level: str = "INFO"  # what AWS_LAMBDA_LOG_LEVEL lets through
    secrets: tuple[str, ...] = ()  # values that may never be shown: the environment's own credentials
    problems: tuple[str, ...] = ()

    @property
    def in_lambda(self) -> bool:
        """Return whether this process is a Lambda environment."""
        return bool(self.function)


def read(environ: Mapping[str, str] | None = None) -> Config:
    """Return the configuration of this process.

    Args:
        environ: the variables to read; None means those of the process.
    """
    env = os.environ if environ is None else environ
    problems: list[str] = []
    return Config(
        enabled=env.get("HOTLOG", "").strip().lower() not in {"off", "0", "false", "no"},
        store=env.get("HOTLOG_STORE", ""),
        sink=env.get("HOTLOG_SINK", ""),
        sink_fallback=_one_of(env, "HOTLOG_SINK_FALLBACK", ("stdout",), problems),
        refresh=_refresh(env.get("HOTLOG_REFRESH", ""), problems),
        refresh_timeout_ms=_whole(env, "HOTLOG_REFRESH_TIMEOUT_MS", limits.REFRESH_TIMEOUT_MS, problems),
        backend=_one_of(env, "HOTLOG_BACKEND", BACKENDS, problems),
        root=env.get("LAMBDA_TASK_ROOT", ""),
        code_roots=_split(env.get("HOTLOG_CODE_ROOTS", ""), os.pathsep),
        redact=_split(env.get("HOTLOG_REDACT", ""), ","),
        redact_keep=_split(env.get("HOTLOG_REDACT_KEEP", ""), ","),
        redact_pii=env.get("HOTLOG_REDACT_PII", "") == "1",
        redact_strict=_one_of(env, "HOTLOG_REDACT_MODE", ("strict",), problems) == "strict",
        allow=_split(env.get("HOTLOG_ALLOW", ""), ","),
        max_for_s=_duration(env, "HOTLOG_MAX_FOR", limits.EXPIRY_MAX_S, problems),
        max_depth=_whole(
            env, "HOTLOG_MAX_DEPTH", limits.CAPTURE_MAX_DEPTH, problems, limits.CAPTURE_MAX_DEPTH
        ),
        max_items=_whole(
            env, "HOTLOG_MAX_ITEMS", limits.CAPTURE_MAX_ITEMS, problems, limits.CAPTURE_MAX_ITEMS
        ),
        max_chars=_whole(
            env, "HOTLOG_MAX_CHARS", limits.CAPTURE_MAX_CHARS, problems, limits.CAPTURE_MAX_CHARS
        ),
        properties=env.get("HOTLOG_PROPERTIES", "") == "1",
        correlation=env.get("HOTLOG_CORRELATION", "").strip(),
        handler=env.get("HOTLOG_HANDLER", ""),
        function=env.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        version=env.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        log_stream=env.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
        region=env.get("AWS_REGION", "") or env.get("AWS_DEFAULT_REGION", ""),
        restores=env.get("AWS_LAMBDA_INITIALIZATION_TYPE", "") == "snap-start",
        shares=bool(env.get("AWS_LAMBDA_MAX_CONCURRENCY", "")),
        level=_level(env),
        secrets=tuple(env[name] for name in CREDENTIALS if env.get(name)),
        problems=tuple(problems),
    )


class AwsSettings(NamedTuple):
    """The way to AWS. A name in capitals is the variable it comes from.

    Attributes:
        region: AWS_REGION or AWS_DEFAULT_REGION.
        endpoint: AWS_ENDPOINT_URL_SSM or AWS_ENDPOINT_URL, unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS; empty: the
            Region's own.
        ca_bundle: AWS_CA_BUNDLE; empty: the system's.
        fips: AWS_USE_FIPS_ENDPOINT.
        dual_stack: AWS_USE_DUALSTACK_ENDPOINT.
        profile: AWS_PROFILE or AWS_DEFAULT_PROFILE, which only boto3 knows how to follow.
        proxies: HTTPS_PROXY, https_proxy and their like, by scheme; what NO_PROXY lists stands under `no`.
    """

    region: str = ""
    endpoint: str = ""
    ca_bundle: str = ""
    fips: bool = False
    dual_stack: bool = False
    profile: str = ""
    proxies: Mapping[str, str] = {}


def aws() -> AwsSettings:
    """Return the settings to reach AWS, read from the environment as botocore reads them."""
    get = os.environ.get
    ignores = _is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
    return AwsSettings(
        region=get("AWS_REGION", "") or get("AWS_DEFAULT_REGION", ""),
        endpoint="" if ignores else get("AWS_ENDPOINT_URL_SSM", "") or get("AWS_ENDPOINT_URL", ""),
        ca_bundle=get("AWS_CA_BUNDLE", ""),
        fips=_is_true("AWS_USE_FIPS_ENDPOINT"),
        dual_stack=_is_true("AWS_USE_DUALSTACK_ENDPOINT"),
        profile=get("AWS_PROFILE", "") or get("AWS_DEFAULT_PROFILE", ""),
        proxies=_proxies(),
    )


def _is_true(name: str) -> bool:
    """Return whether the variable is on, as botocore takes it: `true` in any case, and nothing else."""
    return os.environ.get(name, "").lower() == "true"


def _proxies() -> dict[str, str]:
    """Return the proxy variables as `urllib.request.getproxies_environment` does, which costs 13 ms to import.

    A name in small letters wins, also with an empty value. HTTP_PROXY may be a header of a CGI request.
    """
    found = {
        name[:-6].lower(): value
        for name, value in os.environ.items()
        if name[-6:].lower() == "_proxy" and value
    }
    if "REQUEST_METHOD" in os.environ:
        found.pop("http", None)
    for name, value in os.environ.items():
        if name[-6:] == "_proxy":
            found[name[:-6].lower()] = value
    return {scheme: value for scheme, value in found.items() if value}


def credentials() -> tuple[str, str, str]:
    """Return the current `CREDENTIALS`, which may be renewed at any time; empty where there are none."""
    get = os.environ.get
    access_key, secret_key, token = CREDENTIALS
    return get(access_key, ""), get(secret_key, ""), get(token, "")


def trace_header() -> str:
    """Return the X-Ray trace header of the running invocation; the runtime sets the variable anew for each."""
    return os.environ.get("_X_AMZN_TRACE_ID", "")


def runtime_name() -> str:
    """Return how Lambda calls the runtime, such as `AWS_Lambda_python3.13`; empty outside of it."""
    return os.environ.get("AWS_EXECUTION_ENV", "")


def is_set() -> tuple[str, ...]:
    """Return the names of the hotlog variables that the environment holds."""
    return tuple(name for name in os.environ if name.startswith("HOTLOG"))


def environment_now() -> dict[bytes, bytes] | None:
    """Return what the environment is now, to be compared with later: 1 µs where nothing changed. None where that cannot be had.

    An application may put an object of its own in the place of `os.environ`: that is not asked.
    """
    data = vars(os.environ).get("_data") if type(os.environ) is os._Environ else None  # noqa: SLF001  # what CPython makes
    return data if type(data) is dict else None


def values_named(
    hides: Callable[[str], bool], environment: Mapping[bytes, bytes] | None = None
) -> tuple[str, ...]:
    """Return the values of variables whose name is secret: a variable `DB_PASSWORD` holds a secret.

    Args:
        hides: whether a name is secret.
        environment: a copy of what `environment_now` returned; None: the variables of the process.
    """
    items = (
        os.environ.items()
        if environment is None
        else ((os.fsdecode(name), os.fsdecode(value)) for name, value in environment.items())
    )
    return tuple(value for name, value in items if value and name not in _FOLDERS and hides(name))


def cache_dir() -> str:
    """Return where commands may cache what can be fetched again (XDG Base Directory Specification)."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "hotlog")


def wants_no_color() -> bool:
    """Return whether output must be plain text: by `NO_COLOR` (https://no-color.org) or the terminal."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def _split(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def _whole(
    env: Mapping[str, str], name: str, default: int, problems: list[str], most: int = limits.SETTING_MAX_MS
) -> int:
    text = env.get(name, "")
    if not text:
        return default
    number = whole_number(text)
    if number is not None and 0 < number <= most:
        return number
    problems.append(f"{name} must be a whole number from 1 to {most}, not {_quote(text)}; {default} is used")
    return default


def whole_number(text: str) -> int | None:
    """Return the number that a text of digits stands for, which nobody needs larger than 10^9; None for any other text.

    `isdigit` alone is true for `²` and `٣`, and `int` refuses thousands of digits.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else None


def seconds_of(text: str) -> float | None:
    """Return the seconds that `HOTLOG_REFRESH` stands for, such as `30` or `0.5`; None where it is no number."""
    whole, dot, rest = text.partition(".")
    digits = whole + rest
    if whole_number(digits) is None or (dot and not rest):
        return None
    return float(text)


def _quote(text: str) -> str:
    """Return a value as an error message quotes it, cut where it is long."""
    return repr(text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…")


def _one_of(env: Mapping[str, str], name: str, choices: tuple[str, ...], problems: list[str]) -> str:
    text = env.get(name, "")
    if not text or text in choices:
        return text
    problems.append(f"{name} must be one of {', '.join(choices)}, not {_quote(text)}; it is ignored")
    return ""


def _refresh(text: str, problems: list[str]) -> str:
    if text in {"", *REFRESH} or seconds_of(text) is not None:
        return text or "each"
    problems.append(
        f"HOTLOG_REFRESH must be each, auto, background or seconds, not {_quote(text)}; each is used"
    )
    return "each"


def _duration(env: Mapping[str, str], name: str, default_s: int, problems: list[str]) -> int:
    text = env.get(name, "")
    if not text:
        return default_s
    seconds = duration_s(text)
    if seconds is None:
        problems.append(
            f"{name} must be a duration such as 30m, 2h or 1d, not {_quote(text)}; {default_s}s is used"
        )
        return default_s
    return seconds


def duration_s(text: str) -> int | None:
    """Return the seconds in `90`, `90s`, `30m`, `2h` or `1d`; None where the text is no duration."""
    units = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    seconds = (whole_number(number) or 0) * units[unit]
    return seconds if 0 < seconds <= limits.DURATION_MAX_S else None


def _level(env: Mapping[str, str]) -> str:
    """Return the level an event must have so that Lambda's own log filter lets it through; at least INFO."""
    level = env.get("AWS_LAMBDA_LOG_LEVEL", "INFO").upper()
    return level if LEVELS.get(level, 0) > LEVELS["INFO"] else "INFO"
