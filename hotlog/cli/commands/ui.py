"""`hotlog ui`: the page, served to this machine's browser alone."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, without_data
from hotlog.cli.shell.terminal import put, say
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from hotlog.client.client import Client
    from hotlog.ui.server import ServedPage

EXITS: Final = {  # what 0, 1 and 2 say
    "ui": ("closed", "", "an option makes no sense; the extra `cli` is missing"),
}

UI_EXAMPLES = """
hotlog ui                                 all functions of the account
hotlog ui orders --region eu-central-1    the code of one
hotlog ui orders --read-only              nobody can add, remove or pause a rule by it
hotlog ui app --local                     rules and events under .hotlog/, code of this directory
"""


@click.command(cls=Command, examples=UI_EXAMPLES)
@click.argument("function", default="", required=False)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="Of 127.0.0.1. Default: any free one."
)
@click.option("--read-only", is_flag=True, help="Serve no way to change a rule.")
@click.option("--no-browser", is_flag=True, help="Only print the address; it opens the page once.")
@click.option(
    "--source",
    type=click.Path(exists=True, file_okay=False),
    help="Root of the code, where it is not deployed.",
)
@without_data
def ui(
    client: Client, function: str, port: int, read_only: bool, no_browser: bool, source: str | None
) -> None:
    """Show functions, their code and what their rules log, as a page in the browser.

    It is served on 127.0.0.1, to whoever opens the address that it prints: that works once. Ctrl-C closes the page; it
    closes itself after eight hours without a click.
    """
    require_extra()
    from hotlog.ui.desk import PageDesk  # with starlette: no other command needs it
    from hotlog.ui.layout import link
    from hotlog.ui.server import serve

    client = client.pinned()
    root = source or ("." if client.desk.options.is_local else "")
    desk = PageDesk(client, str(Path(root).resolve()) if root else "", read_only=read_only)
    if function:
        client.parse_one(function)
    try:
        served = serve(desk, port, link(function, "code") if function else "/")
    except OSError as fault:
        why = os.strerror(fault.errno or 0)
        raise ConfigError("bad-port", f"nobody can listen on port {port}: {why}.") from fault
    show(served, browser=not no_browser)


def require_extra() -> None:
    """Refuse to serve a page where what it needs is not installed.

    Raises:
        ConfigError: `missing-extra`.
    """
    for name in ("starlette", "uvicorn"):
        if find_spec(name) is None:
            raise ConfigError(
                "missing-extra",
                f"the page needs the extra `cli` ({name} is not installed): pip install '.[cli]' in the checkout of hotlog, "
                "or 'hotlog-lambda[cli]'.",
            )


def show(served: ServedPage, *, browser: bool) -> None:
    """Print the address of a page, open it, and serve it until Ctrl-C."""
    put(served.url)
    say("The address opens the page, once. Ctrl-C closes it.")
    if browser:
        click.launch(served.url)
    with suppress(KeyboardInterrupt):  # Ctrl-C is how a page ends
        served.run()
