"""`hotlog redact check`: what of a payload would be hidden, by which rule, and what would be shown."""

from __future__ import annotations

import codecs
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.shell.terminal import put, put_json, wants_json, warn
from hotlog.client.words import escape
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "redact": ("told", "", "the file holds no JSON and no text"),
}

EXAMPLES = """
hotlog redact check event.json
hotlog redact check event.json --strict --pii
aws lambda invoke … /dev/stdout | hotlog redact check - --json
"""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@click.group()
def redact() -> None:
    """Say what redaction makes of a payload of yours."""


@redact.command(cls=Command, examples=EXAMPLES)
@click.argument("file")
@click.option("--strict", is_flag=True, help="As with HOTLOG_REDACT_MODE=strict.")
@click.option("--pii", is_flag=True, help="As with HOTLOG_REDACT_PII=1.")
@with_client
def check(_client: Client, file: str, *, strict: bool, pii: bool) -> None:
    """Show what of a payload would be hidden, by which rule, and what would be shown.

    FILE holds JSON, or any text; - is stdin. Nothing leaves this machine. The variables HOTLOG_REDACT… of this shell count, as
    they would in the function. With --json: an object with the keys hidden (path, rule) and shown.
    """
    # Loaded here: what looks into values is not needed to explain how.
    from hotlog import config
    from hotlog.local import check_redaction

    settings = config.read()
    for problem in settings.problems:
        if "HOTLOG_REDACT" in problem:
            warn(problem)
    settings = settings._replace(
        redact_strict=strict or settings.redact_strict, redact_pii=pii or settings.redact_pii
    )
    checked = check_redaction(_payload(file), settings)
    if wants_json():
        hidden = [{"path": _spelt(each.path), "rule": each.rule} for each in checked.hidden]
        put_json({"hidden": hidden, "shown": checked.shown})
        return
    for each in checked.hidden:
        put(escape(f"hidden  {_spelt(each.path)}  by {each.rule}"))
    if not checked.hidden:
        put("Nothing would be hidden.")
    put("shown")
    for line in json.dumps(checked.shown, indent=2, ensure_ascii=False).splitlines():
        put(escape(line))


def _spelt(path: tuple[str | int, ...]) -> str:
    """Return a path as one writes it: `headers.authorization`, `items[0].token`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "(the whole)"


def _payload(file: str) -> Any:
    """Return what the file holds: JSON where it is any, else its text.

    Raises:
        ConfigError: `bad-event`, where it cannot be read, is empty, or holds neither JSON nor text.
    """
    name = "stdin" if file == "-" else file
    if file == "-" and sys.stdin is None:  # the shell has closed it
        raise ConfigError("bad-event", "stdin cannot be read: it is closed.")
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as fault:
        raise ConfigError("bad-event", f"{name} cannot be read: {fault.strerror}.") from fault
    if not data.strip():
        raise ConfigError("bad-event", f"{name} is empty: there is nothing to check.")
    # Bytes: JSON says by its start how it is encoded, as UTF-16 and with a byte order mark, too.
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        text = data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8-sig", errors="replace")
    if "\0" in text:
        raise ConfigError(
            "bad-event", f"{name} holds neither JSON nor text: it has bytes of zero in it. Unpack it first."
        )
    return text
