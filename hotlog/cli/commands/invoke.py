"""`hotlog invoke`: run a handler on this machine, wrapped with hotlog."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import click

from hotlog import limits
from hotlog.addresses import DEFAULT_STORE, LOCAL_STORE
from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.parameters import parse_function_name
from hotlog.cli.shell.errors import FAILED
from hotlog.cli.shell.terminal import put_json, say
from hotlog.cli.showing.render import format_event
from hotlog.client.events.event_stream import drain, read_local
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.client import Client
    from hotlog.client.options import Options
    from hotlog.events import Event

EXITS: Final = {  # what 0, 1 and 2 say
    "invoke": (
        "the handler has answered",
        "it has raised, or ran out of time",
        "the handler or the event cannot be loaded",
    ),
}

_BEGIN_JSON: Final = ("{", "[", '"')

EXAMPLES = """
hotlog invoke app.handler --event event.json
hotlog invoke app.handler --event '{"id": 7}'
hotlog invoke app.handler --event event.json --function orders --source src --repeat 3
echo '{"id": 7}' | hotlog invoke app.handler --event - | jq .
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("handler")
@click.option(
    "--event",
    default="",
    metavar="FILE",
    help="The payload: a file of JSON, the JSON itself, or - for stdin. Default: {}.",
)
@click.option(
    "--function",
    default="",
    callback=parse_function_name,
    metavar="NAME",
    help="Default: the name of the module.",
)
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Where the handler is imported from. Default: this directory.",
)
@click.option(
    "--repeat",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Invoke N times, warm after the first.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True),
    default=limits.LOCAL_TIMEOUT_S,
    metavar="SECONDS",
    help=f"End an invocation after that time. Default {limits.LOCAL_TIMEOUT_S:g}, as in Lambda.",
)
@with_client
def invoke(
    client: Client, handler: str, event: str, repeat: int, **options: Unpack[EnvironmentOptions]
) -> None:
    """Run any handler on this machine, wrapped with hotlog.

    HANDLER is MODULE.FUNCTION, as in Lambda. The rules are those of --function; without --store they are the local
    ones. One line of JSON on stdout for each invocation: the response, or Lambda's description of the error and exit
    code 1. What the handler prints goes to stderr, and so do the events. With --json: the same, and the events are
    lines of JSON.
    """
    # Loaded here: what runs a handler is not needed to explain how.
    from hotlog.local import Environment

    # A handler that runs on this machine has its rules here, unless somebody says otherwise.
    where = client.desk.options
    if where.url == DEFAULT_STORE and not where.flags:
        where = where._replace(url=LOCAL_STORE)
    payload = _payload(event)
    environment = Environment(handler, store=where.url, sink=where.sink, variables=_aws(where), **options)
    news = _events(where, environment.function)
    failed = False
    with ExitStack() as stack:
        with redirect_handler_output():
            stack.enter_context(environment)
        for _ in range(repeat):
            with redirect_handler_output():
                result = environment.invoke(payload)
            for logged in drain(news):
                for line in format_event(logged):
                    say(line)
            put_json(result.payload)
            failed = failed or result.failed
    if failed:
        raise click.exceptions.Exit(FAILED)


class EnvironmentOptions(TypedDict):
    """The options of `invoke` that an environment takes as they are."""

    source: Path
    function: str
    timeout_s: float


@contextmanager
def redirect_handler_output() -> Iterator[None]:
    """Send to stderr whatever a handler, or a process that it starts, writes to stdout: that is kept for data."""
    sys.stdout.flush()
    stdout = os.dup(1)
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)


def _aws(where: Options) -> dict[str, str]:
    named = {"AWS_REGION": where.region, "AWS_PROFILE": where.profile}
    return {name: value for name, value in named.items() if value}


def _payload(event: str) -> object:
    """Return the payload that a file, stdin or the option itself holds.

    Raises:
        ConfigError: `bad-event`, where it holds no JSON.
    """
    if not event:
        return {}
    if event.lstrip().startswith(_BEGIN_JSON) and not Path(event).exists():
        return _parse(event, event)
    data = sys.stdin.buffer.read() if event == "-" else Path(event).read_bytes()
    return _parse(data, event)


def _parse(data: str | bytes, event: str) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise ConfigError("bad-event", f"--event {event} holds no JSON: {fault}.") from fault


def _events(where: Options, function: str) -> Iterator[Event | None]:
    """Return the events that the local sink's file gets from now on; none for other sinks."""
    path = where.events_file
    feed = read_local(path, where.url, function) if path else iter(())
    drain(feed)
    return feed
