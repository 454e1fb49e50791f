"""Every address of a store or a sink: what it means, and who opens it.

    ssm:/hotlog            a scheme of the tables below ──> `SCHEME` of its module: opens it, and knows what it needs
    shop.rules:open_store  any other text with a colon  ──> `open_store` of the application's module `shop.rules`

A new store or sink is one module with a `SCHEME`, and one line in a table. The function and the desk ask the same tables.
A module is imported when it is asked for. What an address names in somebody else's module is imported by
`open_store` and `open_sink` alone: to look at the settings of a deployed function runs nothing that they name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from hotlog import __builtins__, config, limits
from hotlog.errors import ConfigError
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.config import Config
    from hotlog.events import Event
    from hotlog.sinks import Sink, SinkScheme
    from hotlog.stores import Permission, Store, StoreScheme


class Registration(NamedTuple):
    """One line of a table.

    Attributes:
        form: how an address is written. Without a colon it is the whole address, with nothing after the colon likewise;
            in brackets stands what may be left out.
        module: holds the `SCHEME`.
    """

    form: str
    module: str


STORES: Final = (
    Registration("ssm:[/PREFIX]", "hotlog.stores.ssm.store"),
    Registration("file:DIR", "hotlog.stores.file"),
    Registration("memory:", "hotlog.stores.memory"),
)
SINKS: Final = (
    Registration("stdout", "hotlog.sinks.stdout"),
    Registration("file:PATH", "hotlog.sinks.file"),
    Registration("cloudwatch:GROUP", "hotlog.sinks.cloudwatch.sink"),
)
FACTORY_FORM: Final = "MODULE:FACTORY"

DEFAULT_STORE: Final = "ssm:"
LOCAL_STORE: Final = f"file:{limits.LOCAL_DIR}"
DEFAULT_SINK: Final = "stdout"

_SHOWN_CHARS: Final = 60  # of an address that makes no sense the beginning is enough


class StoreAddress(NamedTuple):
    """An address of a store, taken apart; nothing is opened.

    Attributes:
        text: as it was written.
        rest: what follows the scheme; empty where there is none.
        scheme: what is known about stores of its kind.
    """

    text: str
    rest: str
    scheme: StoreScheme

    @property
    def url(self) -> str:
        """The same for all addresses of one store, such as `ssm:/hotlog` for `ssm:`."""
        return self.scheme.url(self.rest) or self.text

    @property
    def directory(self) -> str:
        """The directory of this machine that the rules are in; empty for other stores."""
        return self.scheme.directory(self.rest)

    def permissions(self, arn: str, who: str) -> tuple[Permission, ...]:
        """Return what the store asks of IAM for one function.

        Args:
            arn: of the function.
            who: `function`, `reader`, `operator`, `lister` for who asks about all functions, `keeper` for who deletes what is left of some.
        """
        return self.scheme.permissions(self.rest, arn, who)


class SinkAddress(NamedTuple):
    """An address of a sink, taken apart; nothing is opened.

    Attributes:
        text: as it was written.
        rest: what follows the scheme; empty where there is none.
        scheme: what is known about sinks of its kind.
    """

    text: str
    rest: str
    scheme: SinkScheme

    @property
    def log_group(self) -> str:
        """The log group that events are read back from, beside the function's own; empty where there is none."""
        return self.scheme.log_group(self.rest)

    @property
    def file(self) -> str:
        """The file of this machine that events are read back from; empty where there is none."""
        return self.scheme.file(self.rest)

    @property
    def is_read_back(self) -> bool:
        """Whether the desk finds the events of a deployed function."""
        return self.scheme.own_log or bool(self.log_group)

    def permissions(self, arn: str) -> tuple[Permission, ...]:
        """Return what the sink asks of IAM for one function."""
        return self.scheme.permissions(self.rest, arn)


def find_store(text: str) -> StoreAddress:
    """Take the address of a store apart. Nothing is opened, and nothing of a third party is imported.

    Args:
        text: as in HOTLOG_STORE; empty: the default.

    Raises:
        ConfigError: `bad-store`.
    """
    text = text or DEFAULT_STORE
    found = _match(text, STORES)
    if found is not None:
        scheme = cast("StoreScheme", _scheme_of(found[0]))
        scheme.url(found[1])  # which refuses a rest that makes no sense
        return StoreAddress(text, found[1], scheme)
    if _is_factory(text, STORES):
        from hotlog.addresses import third_party

        return StoreAddress(text, "", third_party.scheme_of_store(text, _advice(text, STORES)))
    raise ConfigError("bad-store", f"{_quote(text)} is no store. {_advice(text, STORES)}")


def find_sink(text: str) -> SinkAddress:
    """Take the address of a sink apart. Nothing is opened, and nothing of a third party is imported.

    Args:
        text: as in HOTLOG_SINK; empty: the default.

    Raises:
        ConfigError: `bad-sink`.
    """
    text = text or DEFAULT_SINK
    found = _match(text, SINKS)
    if found is not None:
        return SinkAddress(text, found[1], cast("SinkScheme", _scheme_of(found[0])))
    if _is_factory(text, SINKS):
        from hotlog.addresses import third_party

        return SinkAddress(text, "", third_party.scheme_of_sink(text, _advice(text, SINKS)))
    raise ConfigError("bad-sink", f"{_quote(text)} is no sink. {_advice(text, SINKS)}")


def find_readable_store(text: str) -> StoreAddress | None:
    """Return what a function reads its rules from: nothing where its setting makes no sense."""
    try:
        return find_store(text)
    except ConfigError:
        return None


def find_used_sink(text: str) -> SinkAddress:
    """Return what a function sends its events to: the default where its setting makes no sense."""
    try:
        return find_sink(text)
    except ConfigError:
        return find_sink(DEFAULT_SINK)


def open_store(text: str, *, region: str = "", profile: str = "", advanced: bool = False) -> Store:
    """Open the store that an address names.

    Args:
        text: one of `STORES`, or `module:factory`; empty: the default.
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.
        advanced: a document may take more room, where that costs money; see `SsmStore`.

    Raises:
        ConfigError: `bad-store`.
    """
    from hotlog.stores import StoreOpening

    address = find_store(text)
    return address.scheme.open(StoreOpening(address.rest, region, profile, advanced))


def open_sink(target: str | Callable[[Event], object] | Sink, settings: Config | None = None) -> Sink:
    """Open the sink that an address names, or make one of a callable.

    Args:
        target: one of `SINKS`, or `module:factory`; empty: the default; a callable that takes one event as a plain dict;
            or a sink, which is returned.
        settings: Region, and what becomes of events that cannot be delivered; None means those of the process.

    Raises:
        ConfigError: `bad-sink`.
    """
    if callable(target):
        from hotlog.sinks.callback import CallSink

        return CallSink(target)
    if not isinstance(target, str):
        return target
    from hotlog.sinks import SinkOpening

    address = find_sink(target)
    given = settings if settings is not None else config.read()
    return address.scheme.open(SinkOpening(address.rest, given.region, given.sink_fallback, given.log_stream))


def file_store(directory: object) -> str:
    """Return the URL of a store in files."""
    return f"file:{directory}"


def file_sink(path: object) -> str:
    """Return the address of the sink that appends to a file."""
    return f"file:{path}"


def forms_of(table: tuple[Registration, ...]) -> str:
    """Return how addresses are written, for a message or a help text."""
    return f"{', '.join(each.form for each in table)} or {FACTORY_FORM}"


def _match(text: str, table: tuple[Registration, ...]) -> tuple[Registration, str] | None:
    """Return the line of the table whose form the text has, and what follows the scheme."""
    for each in table:
        scheme, colon, wanted = each.form.partition(":")
        begins = text[: len(scheme) + len(colon)] == scheme + colon
        rest = text[len(scheme) + len(colon) :]
        if begins and (bool(rest) == bool(wanted) or wanted.startswith("[")):
            return each, rest
    return None


def _is_factory(text: str, table: tuple[Registration, ...]) -> bool:
    """Whether the text is `module:factory`, each a name of Python's, and the module none that is called like a scheme."""
    module, _, factory = text.partition(":")
    is_free = all(module != each.form.partition(":")[0] for each in table)
    return is_free and factory.isidentifier() and all(part.isidentifier() for part in module.split("."))


def _scheme_of(line: Registration) -> object:
    # Not importlib: in the layer `__import__` is the layer's own.
    return __import__(line.module, fromlist=("SCHEME",)).SCHEME


def _advice(text: str, table: tuple[Registration, ...]) -> str:
    lowered = text.lower()
    near = lowered.rstrip(":") if _match(lowered.rstrip(":"), table) else lowered
    if near != text and _match(near, table):
        return f"Did you mean {_quote(near)}?"
    return f"Use {forms_of(table)}."


def _quote(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…")
