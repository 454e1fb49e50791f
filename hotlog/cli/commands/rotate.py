"""`hotlog rotate`: a new key for the proofs of a function's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog import limits
from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.parameters import function_argument
from hotlog.cli.shell.terminal import put_json, say, wants_json
from hotlog.client.words import escape, format_duration

if TYPE_CHECKING:
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "rotate": ("the function has a new key", "the store cannot be written", ""),
}


@click.command(cls=Command, examples="hotlog rotate orders")
@function_argument
@with_client
def rotate(client: Client, function: str) -> None:
    """Give a function a new key, with which it proves that its events come from hotlog.

    For when somebody has read the old one who should not have. Each environment takes the new key with its next read of the
    rules; until 15 min from now what is logged with the old one is proven. A store without a history, such as files, proves none of the old ones. With --json: an object with the keys function and number (of the new key).
    """
    number = client.rotate(function)
    if wants_json():
        put_json({"function": function, "number": number})
        return
    say(f"{function} has key {number} now: its environments take it with their next read of the rules.")
    if hasattr(client.desk.open_store(), "history"):
        late = format_duration(limits.STALE_MAX_S)
        say(
            f"Lines of the key before stay proven where they were logged until {late} from now, and none after."
        )
    else:
        say(
            f"Lines of the key before are proven no more: {escape(client.desk.options.url)} keeps no history."
        )
