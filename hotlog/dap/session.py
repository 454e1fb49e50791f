"""One editor's session: a request of the protocol in, one answer out, and events as they come.

    read ── handle ──> answer                      the thread that reads requests
    Follower ── take_events ──> output, stopped, breakpoint      its own thread

Both change the breakpoints and captures under one lock.
"""

from __future__ import annotations

import secrets
import sys
import threading
import traceback
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.client import Client
from hotlog.client.options import make_options
from hotlog.client.talk import Silence
from hotlog.client.words import escape
from hotlog.dap.asking import EXCEPTION_FILTERS, ask_exceptions, ask_functions, ask_lines
from hotlog.dap.breakpoints import Breakpoints
from hotlog.dap.captures import Captures
from hotlog.dap.following import Follower
from hotlog.dap.framing import read_message
from hotlog.dap.places import Places, find_folder
from hotlog.dap.shown import Shown
from hotlog.dap.stepping import Stepping
from hotlog.errors import ConfigError, HotlogError
from hotlog.rules.model import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hotlog.client.options import Options
    from hotlog.dap.breakpoints import WantedBreakpoint
    from hotlog.dap.framing import Message, Writer
    from hotlog.events import Event

    Arguments = Mapping[str, Any]

_CAPABILITIES: Final = {
    "supportsConfigurationDoneRequest": True,
    "supportsFunctionBreakpoints": True,
    "supportsConditionalBreakpoints": True,
    "supportsHitConditionalBreakpoints": True,
    "supportsLogPoints": True,
    "supportsBreakpointLocationsRequest": True,
    "supportsEvaluateForHovers": True,
    "supportsClipboardContext": True,
    "supportsExceptionInfoRequest": True,
    "supportsExceptionFilterOptions": True,
    "supportsStepBack": True,
    "supportsSteppingGranularity": True,
    "supportsDelayedStackTraceLoading": True,
    "exceptionBreakpointFilters": EXCEPTION_FILTERS,
}
_AS_IT_WAS: Final = "A capture shows what was: no value in Lambda can be changed."
_LINES_AND_CALLS: Final = "hotlog watches lines and calls, no data: give a breakpoint a condition."
_STANDS_NOWHERE: Final = (
    "Nothing in Lambda is stopped, so nothing can be moved: step through what was captured."
)
_NOT_HERE: Final = {
    "setVariable": _AS_IT_WAS,
    "setExpression": _AS_IT_WAS,
    "dataBreakpointInfo": _LINES_AND_CALLS,
    "setDataBreakpoints": _LINES_AND_CALLS,
    "setInstructionBreakpoints": _LINES_AND_CALLS,
    "goto": _STANDS_NOWHERE,
    "gotoTargets": _STANDS_NOWHERE,
    "restartFrame": _STANDS_NOWHERE,
}


class Defaults(NamedTuple):
    """What the command line says, for an editor whose `attach` does not.

    Attributes:
        options: which rules, and which account.
        token: that `attach` must bring; empty: none is asked for.
        lease_s: how long a rule lives unless it is renewed.
    """

    options: Options
    token: str = ""
    lease_s: float = desk_limits.DAP_LEASE_S


class EditorTalk(Silence):
    """Tells in the editor's console what the client says while it works."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def say(self, sentence: str) -> None:
        """See `Talk.say`."""
        self._say(sentence)

    def warn(self, sentence: str) -> None:
        """See `Talk.warn`."""
        self._say(sentence)


class Attached(NamedTuple):
    """What there is while an editor is attached to a function."""

    client: Client
    function: str
    places: Places
    breakpoints: Breakpoints
    follower: Follower


class Session:
    """Serves one editor.

    Args:
        incoming: what it sends.
        writer: sends to it.
        defaults: what the command line says.
    """

    def __init__(self, incoming: IO[bytes], writer: Writer, defaults: Defaults) -> None:
        self._incoming, self._writer, self._defaults = incoming, writer, defaults
        self._lock = threading.RLock()
        self._captures = Captures()
        self._shown = Shown(writer)
        self._editor: Arguments = {}
        self._attached: Attached | None = None
        self._is_over = False
        self._stepping = Stepping(self._lock, self._captures, self._shown)
        self._requests: Mapping[str, Callable[[Arguments], Arguments | None]] = {
            "initialize": self._initialize,
            "attach": self._attach,
            "launch": self._attach,  # some editors know nothing else
            "configurationDone": self._configured,
            "disconnect": self._disconnect,
            "terminate": self._terminate,
            "setBreakpoints": self._set_lines,
            "setFunctionBreakpoints": self._set_functions,
            "setExceptionBreakpoints": self._set_exceptions,
            "breakpointLocations": self._list_locations,
            "source": self._read_source,
            **self._stepping.requests,
        }

    def run(self) -> None:
        """Serve until the editor leaves, or its stream ends.

        Raises:
            NotDapError: what comes is no message of the protocol.
        """
        while not self._is_over and (message := read_message(self._incoming)) is not None:
            if message["type"] == "request":
                self._answer(message)

    def _answer(self, request: Message) -> None:
        command, arguments = str(request.get("command", "")), request.get("arguments")
        handle = self._requests.get(command)
        if handle is None:
            sentence = _NOT_HERE.get(command, f"`hotlog dap` knows no request {escape(command)}.")
            self._writer.refuse(request, sentence)
            return
        try:
            body = handle(arguments if isinstance(arguments, dict) else {})
        except HotlogError as fault:
            self._writer.refuse(
                request, " ".join((fault.message, *getattr(fault, "__notes__", ()))) + f" [{fault.code}]"
            )
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as fault:
            traceback.print_exc(file=sys.stderr)
            self._writer.refuse(
                request, f"the request is not as the protocol says: {type(fault).__name__}: {fault}"
            )
        except ConnectionError:  # the editor has gone
            raise
        except (OSError, RuntimeError) as fault:  # one request ends no session, whose rules would go with it
            traceback.print_exc(file=sys.stderr)
            self._writer.refuse(request, f"hotlog has failed at it: {type(fault).__name__}: {fault}")
        else:
            self._writer.answer(request, body)
            self._after(command)

    def _after(self, command: str) -> None:
        """Send what follows an answer."""
        if command in {"attach", "launch"}:
            self._writer.tell("initialized")
            self._greet()
        elif command in {"setBreakpoints", "setFunctionBreakpoints", "setExceptionBreakpoints"}:
            with self._lock:
                self._require().breakpoints.list_news()  # as they were answered
        elif command in self._stepping.moving:
            self._stepping.show_next()
            self._arm()
        elif command == "terminate":
            self._writer.tell("terminated")

    def _require(self) -> Attached:
        """Return what there is while attached.

        Raises:
            ConfigError: `not-attached`.
        """
        if self._attached is None:
            raise ConfigError("not-attached", "no function is attached yet: `attach` names it.")
        return self._attached

    # --- its beginning and its end ---------------------------------------------------------------------------------------

    def _initialize(self, arguments: Arguments) -> Arguments:
        self._editor = arguments
        self._shown.begin(arguments)
        return _CAPABILITIES

    def _attach(self, arguments: Arguments) -> None:
        if self._defaults.token and not secrets.compare_digest(
            str(arguments.get("token", "")).encode(), self._defaults.token.encode()
        ):
            self._is_over = True
            raise ConfigError("bad-token", "the token is not the one that `hotlog dap` has printed.")
        if self._attached is not None:
            raise ConfigError("bad-arguments", "this session is attached already.")
        function = str(arguments.get("function") or "")
        if not function:
            raise ConfigError("bad-arguments", "`function` in launch.json names the function to attach to.")
        minutes = arguments.get("minutes")
        minutes = desk_limits.DAP_MINUTES_DEFAULT if minutes is None else minutes
        if type(minutes) not in {int, float} or not 0 < minutes <= limits.EXPIRY_MAX_S / 60:
            raise ConfigError("bad-arguments", f"`minutes` is {minutes!r}: write a number of minutes.")
        client = Client.with_options(self._choose_options(arguments), EditorTalk(self._shown.say)).pinned()
        root, source = (find_folder(arguments, name) for name in ("sourceRoot", "source"))
        client.parse_one(function)
        places = Places(client, function, root, source)
        if source is None and client.desk.options.is_local:
            source = root
        via = str(self._editor.get("clientName") or self._editor.get("clientID") or "an editor")
        lease_s = self._defaults.lease_s
        breakpoints = Breakpoints(
            client, function, source, f"dap-{new_id()}", via[: desk_limits.DAP_NAME_MAX_CHARS], lease_s
        )
        follower = Follower(client, function, lease_s, float(minutes) * 60)
        self._shown.places = places
        self._attached = Attached(client, function, places, breakpoints, follower)
        follower.start(self)

    def _choose_options(self, arguments: Arguments) -> Options:
        given = {name: str(arguments[name]) for name in ("store", "region", "profile") if arguments.get(name)}
        known = self._defaults.options
        if not given:
            return known
        return make_options(
            store=given.get("store", known.url),
            region=given.get("region", known.region),
            profile=given.get("profile", known.profile),
        )

    def _greet(self) -> None:
        attached = self._require()
        where = attached.client.describe_where()
        say = self._shown.say
        say(
            f"Attached to {attached.function} ({where}). Logpoints are live at the next invocation; nothing ever stops in Lambda."
        )

    def explain_silence(self) -> None:
        """Tell what may keep events away: some seconds have gone, and no environment has told of any rule."""
        attached = self._require()
        for sentence in attached.client.obstacles(attached.function):
            self._shown.say(sentence)

    def _disconnect(self, _arguments: Arguments) -> None:
        self._is_over = True
        self.close()

    def _terminate(self, _arguments: Arguments) -> None:
        """End as `disconnect` does: nothing in Lambda ends. An editor may have more to say."""
        self.close()

    def close(self) -> None:
        """Remove the rules of the session."""
        attached, self._attached = self._attached, None
        if attached is None:
            return
        attached.follower.stop()
        with self._lock:
            attached.breakpoints.clear()

    def _configured(self, _arguments: Arguments) -> None:
        """Take note that the editor has sent all its breakpoints: each set was stored as it came."""

    # --- breakpoints -----------------------------------------------------------------------------------------------------

    def _set_lines(self, arguments: Arguments) -> Arguments:
        attached, source = self._require(), arguments["source"]
        asked = arguments.get("breakpoints") or [{"line": line} for line in arguments.get("lines") or ()]
        with self._lock:
            attached.places.look_again()
            wanted = ask_lines(attached.places, self._shown, source, asked)
            return self._set(f"file {source.get('path') or source.get('sourceReference')}", wanted)

    def _set_functions(self, arguments: Arguments) -> Arguments:
        with self._lock:
            return self._set("functions", ask_functions(arguments["breakpoints"]))

    def _set_exceptions(self, arguments: Arguments) -> Arguments:
        chosen = [{"filterId": each} for each in arguments.get("filters") or ()]
        with self._lock:
            return self._set("exceptions", ask_exceptions([*chosen, *(arguments.get("filterOptions") or ())]))

    def _set(self, where: str, wanted: Sequence[WantedBreakpoint]) -> Arguments:
        breakpoints = self._require().breakpoints
        found = breakpoints.set(where, wanted)
        self._captures.forget(list(breakpoints))
        shown = [each.describe() for each in found]
        for each, body in zip(found, shown, strict=True):
            each.told = body
        return {"breakpoints": [self._shown.as_counted(each) for each in shown]}

    def _list_locations(self, arguments: Arguments) -> Arguments:
        with self._lock:
            found = self._require().places.open_source(arguments["source"])
        first = self._shown.line_of(arguments["line"])
        last = self._shown.line_of(arguments.get("endLine", arguments["line"]))
        lines = [line for line in found.lines() if first <= line <= last]
        return {"breakpoints": [{"line": self._shown.count_line(line)} for line in dict.fromkeys(lines)]}

    # --- what its rules tell ---------------------------------------------------------------------------------------------

    def say(self, sentence: str) -> None:
        """See `following.RuleListener`."""
        self._shown.say(sentence)

    def list_rules(self) -> list[str]:
        """See `following.RuleListener`."""
        with self._lock:
            return self._attached.breakpoints.rule_ids() if self._attached is not None else []

    def renew(self) -> None:
        """See `following.RuleListener`."""
        with self._lock:
            self._require().breakpoints.renew()

    def take_events(self, events: Sequence[Event]) -> None:
        """Show what came: log lines in the console, captures as threads, states beside the breakpoints."""
        with self._lock:
            if self._attached is None:
                return
            breakpoints = self._attached.breakpoints
            before, dropped = self._captures.waiting, self._captures.dropped
            for event in events:
                if event["hotlog"] in {"status", "counts"}:
                    breakpoints.take(event)
                    continue
                owner = breakpoints.find(str(event.get("rule", "")))
                if owner is None:  # removed, or captured before it was armed anew
                    continue
                if owner.wanted.asked is not None and not owner.wanted.asked.is_capture:
                    self._shown.log(event)
                elif (story := self._shown.tell_story(event)) is not None:
                    self._captures.take(owner, story)
            self._stepping.show_next()
            if self._captures.waiting > before:
                self._shown.say(f"{self._captures.waiting} more captured: Continue shows the next.")
            if self._captures.dropped > dropped:
                self._shown.say(f"{self._captures.dropped - dropped} captures are dropped: too many wait.")
            for body in breakpoints.list_news():
                self._writer.tell(
                    "breakpoint", {"reason": "changed", "breakpoint": self._shown.as_counted(body)}
                )
            breakpoints.arm()  # what could not be stored at once

    def _arm(self) -> None:
        """Let what Continue has dropped capture again; what cannot be stored now is tried again with the next events."""
        with self._lock:
            if self._attached is None:
                return
            try:
                self._attached.breakpoints.arm()
            except HotlogError as fault:
                self._shown.say(f"{fault.message} [{fault.code}] It is tried again.")

    def _read_source(self, arguments: Arguments) -> Arguments:
        source = arguments.get("source") or {}
        number = arguments.get("sourceReference") or source.get("sourceReference") or 0
        with self._lock:
            return {"content": self._require().places.read_text(number), "mimeType": "text/x-python"}
