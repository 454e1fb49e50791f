"""Where rules are kept: one document per function.

A store has two halves. `read` is what Lambda does, once per refresh, within a deadline. `update` is what the CLI
does: read, change, write, so that no concurrent writer's rule is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.rules.document import Document

    Permission = tuple[
        tuple[str, ...], str
    ]  # actions of IAM, such as `ssm:GetParameter`, and the ARN they are done to


class Answer(NamedTuple):
    """What a store holds for one function.

    Attributes:
        text: the document as stored.
        version: counts the writes, from 1.
        modified: when it was written, seconds since the epoch. Version *and* time tell whether it changed: a
            parameter that was deleted and made anew starts at version 1 again.
    """

    text: str
    version: int
    modified: float


class Version(NamedTuple):
    """One version of a function's document, of a store that keeps a history.

    Attributes:
        answer: what was stored.
        user: ARN of who stored it.
    """

    answer: Answer
    user: str


class Store(Protocol):
    """Holds the rules of functions. One that keeps their history has a method `history(function)`, too."""

    @property
    def url(self) -> str:
        """Return the store's URL as the user writes it, such as `ssm:/hotlog` or `file:.hotlog`."""

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        """Return the function's document.

        Args:
            function: the Lambda function's name.
            timeout_ms: give up after so long; None means the store's own patience.

        Raises:
            StoreError: `missing`, `denied`, `throttled`, `unreachable`, `no-credentials` or `no-region`.
        """

    def update(
        self,
        function: str,
        change: Callable[[Document], Document],
        *,
        keep: Callable[[Answer], None] | None = None,
    ) -> Document:
        """Read the document (an empty one where it is missing), change it, write it; return what was written.

        `change` must be pure: it runs again when somebody else wrote in between. Entries that it does not touch
        keep their bytes. Where `change` returns an equal document, nothing is written.

        Args:
            function: the Lambda function's name.
            change: from the document to the one that shall take its place.
            keep: takes a document that cannot be read before an empty one takes its place; None: that is refused.

        Raises:
            StoreError: as `read`, or `document-damaged`, `document-newer`, `document-too-large`, `id-taken`, `locked`,
                `contended`.
        """

    def functions(self) -> list[str]:
        """Return the names of the functions that have a document, sorted."""


class StoreOpening(NamedTuple):
    """What a factory of stores gets to know.

    Attributes:
        rest: what follows the scheme of the address; empty for `module:factory`.
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.
        advanced: whether a document may take more room where that costs money.
    """

    rest: str = ""
    region: str = ""
    profile: str = ""
    advanced: bool = False


class StoreScheme(NamedTuple):
    """What is known about all stores whose address begins alike.

    Attributes:
        open: makes the store; it must be cheap, since a command may open a store several times.
        url: the rest of an address -> the one way to write it; empty: as it is. May raise `ConfigError`.
        is_local: whether its rules are for handlers that run on this machine.
        directory: the rest of an address -> the directory that the rules are in; empty: in none.
        permissions: the rest of an address, a function's ARN and `function`, `reader`, `operator`, `lister` or `keeper` -> what
            they must be allowed.
    """

    open: Callable[[StoreOpening], Store]
    url: Callable[[str], str] = lambda _rest: ""
    is_local: bool = False
    directory: Callable[[str], str] = lambda _rest: ""
    permissions: Callable[[str, str, str], tuple[Permission, ...]] = lambda _rest, _arn, _who: ()
