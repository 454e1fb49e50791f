"""A recording at a terminal: step by step with single keys, or as a whole story."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.shell.terminal import put, put_json, wants_json
from hotlog.cli.showing.parts import paint
from hotlog.client.showing.recording import describe_size, summarize, tell_recording
from hotlog.client.showing.recording_steps import Stepper
from hotlog.client.words import escape

if TYPE_CHECKING:
    from hotlog.client.events.recordings import RecordedInvocation

_KEYS: Final = "n/p next, previous change; s into, u out; /NAME; g LINE; a all; q quit"
_WIDTH: Final = 100


def show_recording(recording: RecordedInvocation, *, every: bool) -> None:
    """Show a recording: for a program as JSON, on a terminal step by step, else as a story.

    Args:
        recording: it.
        every: the whole story, on a terminal too.
    """
    if wants_json():
        put_json({**recording.event, "steps": recording.steps})
        return
    put(f"{click.style(escape(summarize(recording)), bold=True)}  {describe_size(recording)}")
    if every or not (sys.stdin.isatty() and sys.stdout.isatty()):
        _tell(recording)
    else:
        _walk(recording)


def _tell(recording: RecordedInvocation) -> None:
    for line in paint(tell_recording(recording, None)):
        put(line)


def _walk(recording: RecordedInvocation) -> None:
    stepper = Stepper(recording)
    said = _KEYS
    while True:
        click.clear()
        for line in paint(stepper.screen(shutil.get_terminal_size((_WIDTH, 0)).columns)):
            put(line)
        put(click.style(said, dim=True))
        key = click.getchar()
        if key in {"q", "\x03", "\x04"}:
            return
        if key == "a":
            _tell(recording)
            return
        if key in {"/", "g"}:
            key += click.prompt("name" if key == "/" else "line", default="", show_default=False)
        said = _KEYS if stepper.move(key) else f"nothing more that way. {_KEYS}"
