"""`hotlog demo`: hunt a real bug on this machine, with the commands themselves, and check each step.

Everything happens in a copy of `examples/orders` in a temporary directory; no AWS account is needed.
"""

from __future__ import annotations

import io
import json
import shlex
import shutil
import sys
import tempfile
import time
from contextlib import chdir, redirect_stderr, redirect_stdout
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from hotlog import limits
from hotlog.addresses import LOCAL_STORE, file_sink, file_store
from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.commands.invoke import redirect_handler_output
from hotlog.cli.root import hotlog
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.cli.showing.render import render_event
from hotlog.client.events.event_stream import drain, read_local
from hotlog.client.options import EVENTS_FILE
from hotlog.client.words import escape
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hotlog.client.client import Client
    from hotlog.events import Event
    from hotlog.local import Environment, Result

    Hunt = Callable[["Story", Environment, Iterator[Event | None], "Teller"], None]

EXITS: Final = {  # what 0, 1 and 2 say
    "demo": ("shown", "", ""),
}

_ID: Final = "demo"
_TRIES: Final = 10


class Story(NamedTuple):
    """The bug that is hunted: where to look, what to log, and what will be seen.

    Attributes:
        handler: of the application.
        function: name of the function.
        event: file of the payload.
        probed: module and qualified name of the function that gets the log line.
        target: where the log line goes.
        message: what it logs.
        complaint: what is wrong, as the customer tells it.
        wrong: what stands in the wrong response.
        clue: what the log line will say.
        found: what that means.
    """

    handler: str
    function: str
    event: str
    probed: tuple[str, str]
    target: str
    message: str
    complaint: tuple[str, ...]
    wrong: str
    clue: str
    found: tuple[str, ...]


STORY: Final = Story(
    handler="app.handler",
    function="orders",
    event="events/order-wrong-total.json",
    probed=("pricing", "Cart.total"),
    target="pricing.py:/total = goods/",
    message="goods={goods} percent={percent} coupon={self.coupon!r}",
    complaint=(
        "12 packets of tea at 12.40 make 148.80. From 10 on there is 10 % off: 133.92.",
        "But the customer is charged 120.53. Why?",
    ),
    wrong='"total": 12053',
    clue="goods=13392 percent=10 coupon=''",
    found=(
        "goods is 133.92 already: line_price() takes the 10 % off. Then Cart.total() takes 10 % more,",
        "without any coupon: the discount counts twice.",
    ),
)


@click.command(cls=Command, examples="hotlog demo\nhotlog demo --ui\nhotlog demo --try\nhotlog demo --json")
@click.option("--try", "typed", is_flag=True, help="With log lines typed in an editor, and `hotlog try`.")
@click.option("--ui", "on_page", is_flag=True, help="With the mouse: the order API runs, and its page opens.")
@click.option("--no-browser", is_flag=True, help="With --ui: only print the address.")
@with_client
def demo(client: Client, *, typed: bool, on_page: bool, no_browser: bool) -> None:
    """Hunt a bug on this machine in seconds; needs no AWS account.

    Runs an order API as Lambda would, adds a log line to it with `hotlog add` while it runs, sees the wrong value,
    removes the line with `hotlog rm` and checks that the original code is back; with --try, the line is typed in a file and
    tried; with --ui, you hunt it yourself, on the page. Fails if any step does not do what it says. Uses a temporary directory only. With --json: an object with the keys checks and seconds.
    """
    if any(flag != "--local" for flag in client.desk.options.flags):
        raise click.UsageError("the demo keeps its rules in a temporary directory: only --json applies.")
    if on_page:
        _show_page(STORY, browser=not no_browser)
        return
    tell = Teller(silent=wants_json())
    play(STORY, tell, _type_and_try if typed else _hunt)
    tell.end()


def _show_page(story: Story, *, browser: bool) -> None:
    """Let the order API run in a process of its own, and serve its page, until Ctrl-C."""
    from hotlog.cli.commands.ui import require_extra, show  # only here: a server comes with it

    require_extra()
    from hotlog.client.client import Client
    from hotlog.ui.demo_traffic import running
    from hotlog.ui.desk import PageDesk
    from hotlog.ui.server import serve

    with tempfile.TemporaryDirectory(prefix="hotlog-demo-") as directory:
        code = Path(directory).resolve() / "orders"
        shutil.copytree(_example(), code, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        client = Client(store=file_store(Path(directory) / "rules"))
        for line in ("An order API runs here as it does in Lambda. A customer complains:", *story.complaint):
            say(f"  {line}")
        say("Find the line that makes the total in pricing.py, log what it reads, and see.")
        with running(code, client.desk.options):
            show(serve(PageDesk(client, str(code)), 0, f"/f/{story.function}/code"), browser=browser)


def play(story: Story, tell: Teller, hunt: Hunt | None = None) -> None:
    """Play a story in a copy of the example, in a temporary directory.

    Args:
        story: the bug.
        tell: tells it.
        hunt: how the bug is hunted; None: with `hotlog add`.

    Raises:
        HotlogError: `demo-failed`, where something does not go as told.
    """
    # Loaded here: what runs a handler is not needed to explain the demo.
    from hotlog.local import Environment, neutral_variables

    with tempfile.TemporaryDirectory(prefix="hotlog-demo-") as directory:
        code = Path(directory).resolve() / "orders"
        shutil.copytree(_example(), code, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        events = f"{limits.LOCAL_DIR}/{EVENTS_FILE}"
        with (
            chdir(code),
            Environment(
                story.handler,
                function=story.function,
                store=LOCAL_STORE,
                sink=file_sink(events),
                variables={**neutral_variables(), "ORDERS_DB": str(code / "orders.db")},
            ) as environment,
        ):
            (hunt or _hunt)(story, environment, read_local(Path(events), LOCAL_STORE, story.function), tell)


def _hunt(story: Story, environment: Environment, feed: Iterator[Event | None], tell: Teller) -> None:
    payload = json.loads(Path(story.event).read_bytes())
    module, name = story.probed
    function = attrgetter(name)(sys.modules[module])
    original = function.__code__

    tell.step(
        "An order API runs here as it does in Lambda, its handler wrapped with hotlog. A customer complains"
    )
    tell.say(*story.complaint)
    first = tell.invoke(environment, story, payload)
    tell.check(
        "the handler answers, with the wrong total",
        story.wrong in _body(first),
    )
    tell.check("nothing is logged: there are no rules", not _drain_logs(feed))

    tell.step("Add a log line to the running code. Nobody edits it, nobody deploys it")
    tell.run("add", story.function, story.target, story.message, "--id", _ID, "--local")

    tell.step("The next invocation has the line")
    second, events = tell.invoke(environment, story, payload), drain(feed)
    for _ in range(_TRIES):
        if not any(event.get("code") == "out-of-time" for event in events):
            break  # else this machine is busy, and the line goes in at one of the next invocations
        second, events = tell.invoke(environment, story, payload), drain(feed)
    logged = [event for event in events if event["hotlog"] == "log"]
    tell.say(*(line for event in logged or events for line in render_event(event)))
    tell.check("the log line is there, with the id of the request", _is_of(second, logged))
    tell.check("it shows the values at that line", [event["message"] for event in logged] == [story.clue])
    tell.say(*story.found)
    tell.check("the response is the same", second.payload == first.payload)
    tell.check("the function runs other code than before", function.__code__ is not original)

    tell.step("Take the line out again")
    tell.run("rm", story.function, _ID, "--local")
    third = tell.invoke(environment, story, payload)
    tell.check("nothing is logged any more", not _drain_logs(feed))
    tell.check("the response is the same", third.payload == first.payload)
    tell.check("the function's code object is the original one, not a copy", function.__code__ is original)


def _type_and_try(story: Story, environment: Environment, feed: Iterator[Event | None], tell: Teller) -> None:
    """Hunt the bug as one always does: with lines typed in an editor, here in a copy of the code that runs."""
    payload = json.loads(Path(story.event).read_bytes())
    module, name = story.probed
    function = attrgetter(name)(sys.modules[module])
    original = function.__code__
    work = Path("..", "work")
    shutil.copytree(Path(), work, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.db"))
    file = work / f"{module}.py"
    before = file.read_text(encoding="utf-8")
    marked = story.target.split("/")[1]
    line = next(each for each in before.splitlines() if marked in each)
    typed = f'{line[: len(line) - len(line.lstrip())]}print(f"{story.message}")'

    tell.step("An order API runs here as it does in Lambda. A customer complains")
    tell.say(*story.complaint)
    first = tell.invoke(environment, story, payload)
    tell.check("the handler answers, with the wrong total", story.wrong in _body(first))

    tell.step("Type a log line in the editor, in your own copy of the code. Nobody deploys it")
    file.write_text(before.replace(line, f"{typed}\n{line}"), encoding="utf-8")
    tell.say(f"{file.name}: {typed.strip()}")

    tell.step("Try it in the function that runs")
    tell.run("try", story.function, str(file), "--source", ".", "--local", "--detach")
    second, events = tell.invoke(environment, story, payload), drain(feed)
    for _ in range(_TRIES):
        if not any(event.get("code") == "out-of-time" for event in events):
            break  # as in `_hunt`
        second, events = tell.invoke(environment, story, payload), drain(feed)
    logged = [event for event in events if event["hotlog"] == "log"]
    tell.say(*(line for event in logged or events for line in render_event(event)))
    tell.check("the typed line has written its values", [each["message"] for each in logged] == [story.clue])
    tell.say(*story.found)
    tell.check("the response is the same", second.payload == first.payload)

    tell.step("Take the line out of the file, and the rule out of the function")
    file.write_text(before, encoding="utf-8")
    tell.run("clear", story.function, "--local")
    tell.invoke(environment, story, payload)
    tell.check("nothing is logged any more", not _drain_logs(feed))
    tell.check("the function's code object is the original one, not a copy", function.__code__ is original)


class Teller:
    """Tells the story on stdout, and holds each step to what it says.

    Args:
        silent: only check.
    """

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._start = time.perf_counter()
        self._steps = 0
        self.checks: list[str] = []

    def step(self, title: str) -> None:
        """Begin a step."""
        self._steps += 1
        self.lines(["", click.style(f"{self._steps}. {title}.", bold=True)])

    def say(self, *lines: str) -> None:
        """Print lines of the story."""
        self.lines(f"   {line}".rstrip() for line in lines)

    def lines(self, lines: Iterable[str]) -> None:
        """Print lines as they are."""
        if not self._silent:
            for line in lines:
                put(line)

    def check(self, sentence: str, held: bool) -> None:
        """Say what holds.

        Raises:
            HotlogError: `demo-failed`, where it does not.
        """
        if not held:
            raise HotlogError("demo-failed", f"this should hold, and does not: {sentence}.")
        self.checks.append(sentence)
        self.lines([f"   {click.style('✓', fg='green')} {sentence}"])

    def run(self, *words: str) -> None:
        """Run a command of hotlog, as a person would."""
        self.say(f"{click.style('$', dim=True)} {click.style(shlex.join(('hotlog', *words)), fg='cyan')}")
        talk, on_terminal = io.StringIO(), sys.stdout.isatty()
        with redirect_stderr(talk), redirect_stdout(io.StringIO()):
            hotlog.main(list(words), prog_name="hotlog", standalone_mode=False, color=on_terminal)
        self.say(*talk.getvalue().splitlines())

    def command(self, *words: str) -> None:
        """Show a command line."""
        self.lines(
            [f"   {click.style('$', dim=True)} {click.style(shlex.join(('hotlog', *words)), fg='cyan')}"]
        )

    def invoke(self, environment: Environment, story: Story, payload: object) -> Result:
        """Invoke the handler, and show what it answers."""
        with redirect_handler_output():
            result = environment.invoke(payload)
        self.say(
            f"{click.style('invoked with', dim=True)} {story.event}{click.style(':', dim=True)} {_body(result)}"
        )
        return result

    def end(self) -> None:
        """Print the moral, or with --json the checks."""
        seconds = time.perf_counter() - self._start
        if self._silent:
            put_json({"checks": self.checks, "seconds": round(seconds, 3)})
        self.lines(
            [
                "",
                f"Done in {seconds:.1f} s: {len(self.checks)} checks held. On code of your own: hotlog invoke --help",
            ]
        )


def _body(result: Result) -> str:
    """Return the body of an HTTP response; of anything else its JSON."""
    content = result.payload
    return escape(
        str(content["body"]) if isinstance(content, dict) and "body" in content else json.dumps(content)
    )


def _drain_logs(feed: Iterator[Event | None]) -> list[Event]:
    return [event for event in drain(feed) if event["hotlog"] == "log"]


def _is_of(result: Result, events: list[Event]) -> bool:
    return bool(events) and all(event.get("request_id") == result.request_id for event in events)


def _example() -> Path:
    """Return the folder of the example application: inside the package in a wheel, else beside it."""
    package = Path(__file__).parents[2]
    for place in (package / "_examples" / "orders", package.parent / "examples" / "orders"):
        if place.is_dir():
            return place
    raise HotlogError("no-example", "the example application is missing: install hotlog again.")
