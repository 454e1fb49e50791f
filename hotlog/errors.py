"""The exceptions hotlog raises on purpose.

    HotlogError
    ├── RuleError        a rule, template, expression or document entry that cannot be accepted
    ├── LocationError    a target that names no statement, file or function
    ├── InstallError     a probe that cannot be put into running code
    ├── StoreError       a store that cannot be read or written, or holds something damaged
    ├── SinkError        a sink that cannot take events
    └── ConfigError      a setting (flag or environment variable) that makes no sense

Each carries a `code` that never changes once released: the same word in the CLI, in a status and in the docs. The
message names the faulty part and the way out.
"""

from hotlog import __builtins__


class HotlogError(Exception):
    """Base of everything hotlog raises on purpose.

    Args:
        code: stable identifier in kebab-case, such as `source-changed`.
        message: one or two sentences: what is wrong, and what to do about it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RuleError(HotlogError):
    """A rule, or one of its parts, cannot be accepted.

    Args:
        code: stable identifier.
        message: what is wrong and the way out.
        column: offset of the fault in the expression or template, counted from 0; None where it has none.
    """

    def __init__(self, code: str, message: str, *, column: int | None = None) -> None:
        super().__init__(code, message)
        self.column = column


class LocationError(HotlogError):
    """A target does not lead to a statement that can be probed.

    Args:
        code: stable identifier.
        message: what is wrong and the way out.
        nearest: lines (counted from 1) of the same file that would do, nearest first.
    """

    def __init__(self, code: str, message: str, *, nearest: tuple[int, ...] = ()) -> None:
        super().__init__(code, message)
        self.nearest = nearest


class InstallError(HotlogError):
    """A backend cannot put a probe into this code; the next backend may."""


class StoreError(HotlogError):
    """The store cannot be read or written.

    The agent tells apart `missing` (there is no document), `denied`, `throttled`, and all others: `unreachable`,
    `refused`, `no-region`, `no-credentials`, `bad-credentials`, `expired-credentials`, `clock-skew`, `bad-function`.
    Of a document: `document-damaged`, `document-newer`, `document-too-large`. Of a write: `id-taken`, `locked`,
    `contended`.
    """


class SinkError(HotlogError):
    """A sink cannot be opened or does not take events.

    Args:
        code: stable identifier.
        message: what is wrong and the way out.
        lost: how many events it did not take.
    """

    def __init__(self, code: str, message: str, *, lost: int = 1) -> None:
        super().__init__(code, message)
        self.lost = lost


class ConfigError(HotlogError):
    """A setting has a value that makes no sense."""
