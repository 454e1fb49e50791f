"""What every tool is asked to do."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import ModuleType


class Unsupported(Exception):  # noqa: N818 -- no error: an answer
    """The tool has no such thing. The table then shows a dash."""


class Probe(NamedTuple):
    """A line to be probed, in words that each tool translates into its own.

    Attributes:
        module: its name; it is imported.
        file: its path.
        line: from 1.
        function: qualified name of the function that holds it.
        condition: Python expression, or empty.
        message: `name={name}`, or empty for a snapshot of the locals and the stack.
        limit: events until it stops; None: without end.
        per_second: events per second; None: without limit.
    """

    module: str
    file: str
    line: int
    function: str
    condition: str = ""
    message: str = ""
    limit: int | None = None
    per_second: float | None = None


class Tool(Protocol):
    """One tool in one process. What it emits goes to descriptor 1, one line for each event."""

    def start(self, folder: Path) -> None:
        """Import the tool and start its engine, as it would be in an application that has no probe yet."""

    def add(self, probes: Sequence[Probe]) -> None:
        """Install these probes; they are in when it returns.

        Raises:
            Unsupported: the tool has no such probe.
        """

    def remove(self) -> None:
        """Take all probes out."""

    def settle(self) -> None:
        """Between two requests: a tool may exchange its probes for better ones."""

    def begin(self) -> None:
        """What the tool does when a request begins, but for the probes: a budget for each request is a new one."""

    def drain(self) -> None:
        """Everything emitted so far is on descriptor 1 when it returns."""

    def events(self, output: bytes) -> int:
        """How many events of probes the output of this process holds."""

    def function(self, module: ModuleType, name: str) -> Callable[..., Any]:
        """The function to be timed."""

    def invocation_us(self, rules: int, reps: int) -> float:
        """What an invocation of a handler costs more that this tool wraps, with so many probes that are in already.

        Raises:
            Unsupported: the tool wraps no handlers.
        """

    def version(self) -> str:
        """Of the distribution; empty where it comes with Python."""


class Base:
    """What most tools do alike."""

    def start(self, folder: Path) -> None:
        """Nothing to start."""

    def settle(self) -> None:
        """Nothing to be done."""

    def begin(self) -> None:
        """Nothing to be done."""

    def drain(self) -> None:
        """Nothing is held back."""

    def events(self, output: bytes) -> int:
        """A line each."""
        return output.count(b"\n")

    def function(self, module: ModuleType, name: str) -> Callable[..., Any]:
        """The one that is probed."""
        found: Callable[..., Any] = getattr(module, name)
        return found

    def invocation_us(self, rules: int, reps: int) -> float:
        """Most tools wrap no handlers."""
        raise Unsupported

    def version(self) -> str:
        """Of Python."""
        return ""


def names_in(message: str) -> tuple[str, ...]:
    """The names that a message reads."""
    return tuple(re.findall(r"\{([\w.]+)\}", message))


def parsed(condition: str) -> tuple[str, str, Any]:
    """A condition of the targets, taken apart: what is compared, the sign, and the literal."""
    subject, sign, literal = condition.split(" ")
    return subject, sign, ast.literal_eval(literal)
