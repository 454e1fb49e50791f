"""Serves editors: one on stdin and stdout, or any number on a port of this machine."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final, NoReturn

from hotlog.client import desk_limits
from hotlog.dap.framing import NotDapError, Writer
from hotlog.dap.session import Session
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hotlog.dap.session import Defaults

_HOST: Final = "127.0.0.1"
_ENDS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def serve_stdio(defaults: Defaults) -> None:
    """Serve the editor that has started this process; whatever else is printed goes to stderr.

    Raises:
        NotDapError: what comes is no message of the protocol.
    """
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    session = Session(sys.stdin.buffer, Writer(outgoing), defaults)
    for each in _ENDS:
        signal.signal(each, _end)
    try:
        session.run()
    finally:
        for each in _ENDS:  # some editors send several: the rules go all the same
            signal.signal(each, signal.SIG_IGN)
        session.close()


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """End the process in good order: an editor may end its adapter without a word."""
    sys.exit(128 + number)


def make_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(desk_limits.DAP_TOKEN_BYTES)


def serve_port(port: int, defaults: Defaults, ready: Callable[[int], None]) -> None:
    """Serve editors on a port of this machine, until the process is interrupted.

    Args:
        port: 0: any that is free.
        defaults: with a token.
        ready: called with the port.
    """
    open_sessions: set[Session] = set()
    for each in _ENDS:
        signal.signal(each, _end)
    with socket.create_server((_HOST, port)) as server:
        ready(server.getsockname()[1])
        try:
            while True:
                connection, _ = server.accept()
                serving = (connection, defaults, open_sessions)
                threading.Thread(target=_serve_one, args=serving, daemon=True).start()
        finally:
            for session in [*open_sessions]:
                _close(session)


def _serve_one(connection: socket.socket, defaults: Defaults, open_sessions: set[Session]) -> None:
    """Serve one connection; close one that does not speak the protocol at its first line."""
    with connection, connection.makefile("rb") as incoming, connection.makefile("wb") as outgoing:
        session = Session(incoming, Writer(outgoing), defaults)
        open_sessions.add(session)
        try:
            session.run()
        except NotDapError as fault:
            sys.stderr.write(f"a connection is closed: {fault}\n")
        except OSError:  # the editor has gone
            return
        finally:
            _close(session)
            open_sessions.discard(session)


def _close(session: Session) -> None:
    """Close a session; where its rules cannot be removed now, say so: they expire by themselves."""
    try:
        session.close()
    except HotlogError as fault:
        sys.stderr.write(f"{fault.message} [{fault.code}] The rules of the session expire by themselves.\n")
