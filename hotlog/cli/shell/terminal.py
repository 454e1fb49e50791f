"""What reaches a terminal or a pipe: data on stdout, talk on stderr, nothing that a terminal would obey."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final

import click

from hotlog import config
from hotlog.cli.shell.fields import select_fields
from hotlog.client.words import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from rich.status import Status

_PAGE_WIDTH_MAX: Final = 110  # columns; longer lines are not read
_PIPE_WIDTH: Final = 10_000  # no reader of a pipe wants its lines wrapped


def say(text: str = "") -> None:
    """Print one line for the person, on stderr."""
    Spinner.make_way()
    click.echo(text, err=True, color=_colour())


def warn(sentence: str) -> None:
    """Warn the person, on stderr, of something that may be otherwise than they think."""
    say(click.style("warning:", fg="yellow") + f" {escape(sentence)}")


def fold(sentence: str) -> list[str]:
    """Return a sentence as lines that fit a terminal, folded at words; for a pipe as it is."""
    if not sys.stderr.isatty():
        return [sentence]
    import shutil  # only where somebody looks
    import textwrap

    return textwrap.wrap(sentence, shutil.get_terminal_size().columns, break_long_words=False)


def put(text: str) -> None:
    """Print one line of data on stdout."""
    Spinner.make_way()
    click.echo(text, color=_colour())


def put_json(value: object) -> None:
    """Print data as one line of JSON on stdout: the fields that were asked for, or all. ASCII only: no locale misreads it."""
    Spinner.make_way()
    chosen = chosen_fields(value)
    if isinstance(value, dict):
        _tell_missing([value], [chosen])
    elif isinstance(value, list) and isinstance(chosen, list):
        _tell_missing(value, chosen)
    _echo_json(chosen if _meta(PROFILE) is None else {"profile": _meta(PROFILE), "data": chosen})


def put_json_error(code: str, message: str) -> None:
    """Print on stdout, where several accounts are gone through, that one of them has no data."""
    _echo_json({"profile": _meta(PROFILE), "error": {"code": code, "message": message}})


def _echo_json(value: object) -> None:
    click.echo(json.dumps(value, separators=(", ", ": ")))


def _tell_missing(values: list[Any], chosen: list[Any]) -> None:
    """Say, once a command, that what it prints has none of the fields that were asked for."""
    if any(chosen) or not any(values) or _meta(_TOLD):
        return
    context = click.get_current_context()
    context.meta[_TOLD] = True
    there = ", ".join(dict.fromkeys(name for each in values for name in each))
    say(f"note: --fields {','.join(context.meta[FIELDS])}: there is none of them; there are {there}.")


JSON: Final = "hotlog.json"  # keys of click's `Context.meta`
FIELDS: Final = "hotlog.fields"
UTC: Final = "hotlog.utc"
PROFILE: Final = "hotlog.profile"  # of the account that is worked on, where there are several
_TOLD: Final = "hotlog.no-field"


def wants_json() -> bool:
    """Return whether the running command was asked for JSON."""
    return bool(_meta(JSON))


def wants_utc() -> bool:
    """Return whether the running command was asked for times in UTC; else they are this machine's."""
    return bool(_meta(UTC))


def chosen_fields(value: object) -> object:
    """Return the fields of the value that the running command was asked for; all where it was asked for none."""
    return select_fields(value, _meta(FIELDS) or ())


def _meta(key: str) -> Any:
    context = click.get_current_context(silent=True)
    return context.meta.get(key) if context is not None else None


def put_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout: wrapped to a terminal's width; in a pipe, one line per row."""
    # Loaded here because most commands print no table, and rich takes longer to import than they take to run.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(
        width=None if sys.stdout.isatty() else _PIPE_WIDTH, no_color=_colour() is False, highlight=False
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in head:
        table.add_column(name, overflow="fold", no_wrap=name in {"ID", "AGE"})
    for row in rows:
        table.add_row(*(Text(escape(cell)) for cell in row))
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        put(line.rstrip())


def put_page(text: str) -> None:
    """Print a page of Markdown on stdout: as a terminal shows it; for a pipe as it is written, so that others can read it."""
    if not sys.stdout.isatty():
        put(text)
        return
    import shutil  # as in `fold`

    from rich.console import Console  # as in `put_table`
    from rich.markdown import Markdown

    width = min(shutil.get_terminal_size().columns, _PAGE_WIDTH_MAX)
    console = Console(width=width, no_color=_colour() is False, highlight=False)
    with console.capture() as capture:
        console.print(Markdown(text, hyperlinks=False, code_theme="ansi_dark"))
    for line in capture.get().splitlines():
        put(line.rstrip())


class Spinner:
    """Says on stderr that something goes on, where a person looks at it; in a pipe it says nothing.

    Whatever else is written makes it hide first; `show` lets it turn again.

    Args:
        text: what goes on.
    """

    _turning: ClassVar[Spinner | None] = None

    @classmethod
    def make_way(cls) -> None:
        """Hide the running spinner, so that a line can be written."""
        if cls._turning is not None:
            cls._turning.hide()

    def __init__(self, text: str) -> None:
        self._text = text
        self._status: Status | None = None

    def show(self, text: str = "") -> None:
        """Show the spinner, from now on with another text where there is one."""
        if text and text != self._text:
            self._text = text
            if self._status is not None:
                from rich.markup import escape as escape_markup  # as in `put_table`

                self._status.update(escape_markup(escape(text)))
        if self._status is None:
            if not sys.stderr.isatty():
                return
            from rich.console import Console  # as in `put_table`
            from rich.markup import escape as escape_markup

            console = Console(stderr=True, no_color=_colour() is False)
            self._status = console.status(escape_markup(escape(self._text)))
        self._status.start()
        Spinner._turning = self

    def hide(self) -> None:
        """Clear the spinner's line, so that others may be written."""
        if self._status is not None:
            try:
                self._status.stop()
            except (
                IndexError
            ):  # a Ctrl-C came while rich was about to start it: it takes away what is not there yet
                self._status.console.show_cursor(show=True)
        Spinner._turning = None

    def __enter__(self) -> Self:
        self.show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        self.hide()


def _colour() -> bool | None:
    """Return False where colour is unwanted (https://no-color.org); None leaves it to the terminal."""
    return False if config.wants_no_color() else None
