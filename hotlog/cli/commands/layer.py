"""`hotlog layer build | publish`: the Lambda layer that wraps a handler without a change of its code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_client, with_json
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.client.attaching.layer_versions import LAYER_NAME, publish_layer
from hotlog.client.attaching.layer_zip import build as built
from hotlog.client.words import escape

if TYPE_CHECKING:
    from hotlog.client.attaching.layer_zip import Layer
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "layer": ("built, or published", "AWS says no", ""),
}


pythons_option = click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="PYTHON",
    help="Interpreter whose bytecode goes in, for shorter cold starts; default the one that runs this. Repeatable.",
)


@click.group()
def layer() -> None:
    """Build the Lambda layer, publish it to your account.

    One layer serves every function of the account and Region: every Python that hotlog supports, x86_64 and arm64.
    `hotlog attach` puts it on a function.
    """


@layer.command(cls=Command, examples="hotlog layer build\nhotlog layer build --output build/hotlog.zip")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("hotlog-layer.zip"),
    help="The file to write; default hotlog-layer.zip.",
)
@pythons_option
@with_json
def build(output: Path, pythons: tuple[str, ...]) -> None:
    """Write the layer as a zip file. The same sources and Pythons give the same bytes.

    With --json: an object with the keys path, bytes, unpacked_bytes, sha256.
    """
    found = built(pythons or (sys.executable,))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(found.data)
    if wants_json():
        put_json({"path": str(output), **_facts(found)})
        return
    put(escape(str(output)))
    say(f"{len(found.data)} bytes, unpacked {found.unpacked_bytes}; sha256 {found.sha256}")


@layer.command(cls=Command, examples="hotlog layer publish\nhotlog layer publish --name team-hotlog")
@click.option("--name", default=LAYER_NAME, metavar="NAME", help=f"Of the layer; default {LAYER_NAME}.")
@pythons_option
@with_client
def publish(client: Client, name: str, pythons: tuple[str, ...]) -> None:
    """Publish the layer as a new version in your account; the ARN to attach goes to stdout.

    With --json: an object with the keys arn, bytes, unpacked_bytes, sha256.
    """
    found = built(pythons or (sys.executable,))
    arn = publish_layer(client.desk.aws(), name, found)
    if wants_json():
        put_json({"arn": arn, **_facts(found)})
        return
    put(arn)
    say(f"Put it on a function with: {client.desk.options.command('attach', 'FUNCTION', '--layer', arn)}")


def _facts(found: Layer) -> dict[str, object]:
    return {
        "bytes": len(found.data),
        "unpacked_bytes": found.unpacked_bytes,
        "sha256": found.sha256,
    }
