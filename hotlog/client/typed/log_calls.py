"""Which calls write a log line, and what each writes: known by shape, because nothing is imported to look.

print(…) pprint(…) sys.stderr.write(…) click.echo(…) warnings.warn(…) ic(…)
logger.info(…), whatever has `log` in its name or makes loggers; structlog, loguru and Powertools alike
breakpoint() pdb.set_trace() print(locals()) traceback.print_stack()
"""

# ruff: noqa: SIM905 -- tables of words read better as text

from __future__ import annotations

import ast
import re
import string
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.typed.expressions import dotted
from hotlog.client.typed.messages import MessageWriter, fold
from hotlog.client.typed.not_taken import NotTakenError

if TYPE_CHECKING:
    from hotlog.client.typed.expressions import HoleRewriter

_Fields = list[tuple["ast.expr | None", "ast.expr"]]  # of names and values; None: of `**values`

STACK_FRAMES: Final = 8  # of a line that shows the stack
_LEVELS: Final = {
    name.lower(): name for name in "DEBUG INFO WARNING ERROR CRITICAL TRACE SUCCESS NOTSET".split()
} | {
    "warn": "WARNING",
    "fatal": "CRITICAL",
    "exception": "ERROR",
    "msg": "INFO",
}
_MAKERS: Final = frozenset({"getLogger", "get_logger", "getChild", "Logger"})
_WITH_FIELDS: Final = frozenset({"bind", "new", "contextualize"})
_DEBUGGERS: Final = frozenset(
    {"breakpoint", "pdb.set_trace", "ipdb.set_trace", "pudb.set_trace", "debugpy.breakpoint"}
)
_PRINTS: Final = frozenset({"print", "builtins.print", "rich.print"})
_ECHOES: Final = frozenset({"click.echo", "click.secho", "typer.echo", "console.print", "st.write"})
_WRITES: Final = frozenset({"sys.stdout.write", "sys.stderr.write"})
_STREAMS: Final = frozenset({"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"})
_MADE: Final = "a format that is made when it runs, with values beside it: write one text."
_PRETTY: Final = frozenset({"pprint", "pp", "pprint.pprint", "pprint.pp"})
_SETUP: Final = frozenset(
    "basicConfig dictConfig configure setLevel addHandler disable captureWarnings append_keys add remove level".split()
)
# `log`, `LOG`, `_logger`, `app_log`, `mylogger`; not `dialog`, `catalog` or `blog`.
_LOGGER_NAME: Final = re.compile(r"(^|_)(log|logs|lg)\d*$|(logger|logging|structlog)\d*$")
_OWN_KEYWORDS: Final = frozenset({"exc_info", "stack_info", "stacklevel", "extra", "stack"})


class TypedLog(NamedTuple):
    """What a typed statement logs, as fields of a rule.

    Attributes:
        message: template; empty: none.
        level: that was typed, such as `INFO`; empty: `print` has none.
        snapshot: it shows all variables.
        stack: how many frames of the stack it shows.
    """

    message: str
    level: str = ""
    snapshot: bool = False
    stack: int = 0


def is_log_call(node: ast.expr) -> bool:
    """Return whether a call writes a log line, by its shape."""
    if isinstance(node, ast.Await):
        node = node.value
    if not isinstance(node, ast.Call):
        return False
    name = dotted(node.func)
    if name in _DEBUGGERS | _PRINTS | _ECHOES | _WRITES | _PRETTY or name in {
        "ic", "warnings.warn", "traceback.print_stack", "traceback.print_exc",
    }:  # fmt: skip
        return True
    return _level_of(node) is not None


def is_setup_call(node: ast.expr) -> bool:
    """Return whether a call sets logging up: `logging.basicConfig()`, `logger.setLevel(…)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr in _SETUP and _is_logger(node.func.value)


def is_logger_maker(node: ast.expr) -> bool:
    """Return whether an expression makes a logger."""
    if not isinstance(node, ast.Call):
        return False
    return dotted(node.func).rpartition(".")[2] in _MAKERS or (
        isinstance(node.func, ast.Attribute)
        and node.func.attr in _WITH_FIELDS
        and _is_logger(node.func.value)
    )


def read_log_call(node: ast.Call, holes: HoleRewriter, exception: str = "") -> TypedLog:
    """Return what a log call writes.

    Args:
        node: one of which `is_log_call` holds.
        holes: rewrites what stands in its holes.
        exception: name of the exception of the handler around it; empty: none.

    Raises:
        NotTakenError: no rule can write it.
    """
    writer = MessageWriter(holes)
    name = dotted(node.func)
    level = _level_of(node)
    if name in _DEBUGGERS:
        return TypedLog("", snapshot=True)
    if name == "traceback.print_stack":
        return TypedLog("", stack=STACK_FRAMES)
    if name == "traceback.print_exc":
        return TypedLog(_exception_hole(node, writer, holes, exception))
    if level is not None:
        return _logger_call(node, writer, holes, level, exception)
    if name in _PRETTY:
        holes.mark("shown in one line")
        message = " ".join(filter(None, (writer.hole(each, "r") for each in node.args[:1])))
    elif name == "ic":
        message = "ic| " + ", ".join(f"{ast.unparse(each)}: {writer.hole(each, 'r')}" for each in node.args)
    elif name == "warnings.warn":
        return TypedLog(writer.join(node.args[:1]), "WARNING")
    elif name in _WRITES:
        message = writer.join(node.args[:1]).removesuffix("\n")
    else:
        message = writer.join(node.args, _separator(node, holes))
        _note_file(node, holes)
    if not message and not writer.captures:
        raise NotTakenError("bad-template", "it prints nothing, and a log line needs a text.", node)
    return TypedLog(message, snapshot=writer.captures)


def _separator(node: ast.Call, holes: HoleRewriter) -> str:
    """Return what `print` writes between two values."""
    separator = next((each.value for each in node.keywords if each.arg == "sep"), None)
    known = holes.resolve(separator) if separator is not None else ast.Constant(None)
    if not isinstance(known, ast.Constant) or not isinstance(known.value, str | None):
        sentence = "what stands between the values is known when it runs only: write it out."
        raise NotTakenError("bad-template", sentence, known)
    return known.value if isinstance(known.value, str) else " "


def _note_file(node: ast.Call, holes: HoleRewriter) -> None:
    """Mark a `print` that writes somewhere else than to the log."""
    file = next((each.value for each in node.keywords if each.arg == "file"), None)
    if file is not None and dotted(file) not in _STREAMS and not _is_false(file):
        holes.mark(f"it goes to the log, not to {ast.unparse(file)}")


def _logger_call(
    node: ast.Call, writer: MessageWriter, holes: HoleRewriter, level: str, exception: str
) -> TypedLog:
    function = node.func
    keywords = {each.arg: each.value for each in node.keywords if each.arg}
    arguments = list(node.args)
    if isinstance(function, ast.Attribute) and function.attr == "log":
        if not _is_level(arguments[0]):
            holes.mark("the level is known when it runs only: INFO is shown")
        arguments = arguments[1:]
    for name in ("event", "msg"):  # structlog; logging and Powertools
        if name in keywords and not arguments:
            arguments = [keywords.pop(name)]
    message = ""
    if arguments and holes.is_loguru(_root(function)):
        message = _loguru_text(arguments, keywords, writer, node)
    elif arguments:
        message = _logged_text(arguments, writer, holes, node)
    pairs: _Fields = [
        (ast.Constant(each.arg) if each.arg else None, each.value)
        for each in node.keywords
        if not each.arg or (each.arg in keywords and each.arg not in _OWN_KEYWORDS)
    ]
    extra = keywords.get("extra")
    if isinstance(extra, ast.Dict):
        pairs += _pairs_of(extra)
    elif extra is not None:
        message = f"{message} {writer.hole(extra)}".rstrip()
    pairs = [*_bound_fields(function), *pairs]
    message = " ".join(filter(None, (message, writer.fields(pairs))))
    shown = _exception_text(function, keywords, writer, holes, exception)
    message = " ".join(filter(None, (message, shown)))
    stack = keywords.get("stack_info")
    frames = STACK_FRAMES if stack is not None and not _is_false(stack) else 0
    if not message and not writer.captures:
        raise NotTakenError("bad-template", "it logs nothing, and a log line needs a text.", node)
    return TypedLog(message, level, writer.captures, frames)


def _exception_text(
    function: ast.expr,
    keywords: dict[str, ast.expr],
    writer: MessageWriter,
    holes: HoleRewriter,
    exception: str,
) -> str:
    """Return the hole for the exception that a logger's call shows; empty where it shows none."""
    told = keywords.get("exc_info")
    wants_exception = isinstance(function, ast.Attribute) and function.attr == "exception" and told is None
    if not wants_exception and (told is None or _is_false(told)):
        return ""
    hole = f"{{{exception}!r}}" if exception else ""
    if isinstance(told, ast.Name):
        hole = writer.hole(told, "r")
    holes.mark(
        f"the traceback is shown as {hole}" if hole else "without its traceback: write `except … as e:`"
    )
    return hole


def _loguru_text(
    arguments: list[ast.expr], keywords: dict[str, ast.expr], writer: MessageWriter, node: ast.Call
) -> str:
    """Return the message of loguru, which fills a format by position and by name; named values in it are used up."""
    first, *values = arguments
    text = fold(first)
    if not values and not keywords:
        return writer.text(first)
    if text is None:
        raise NotTakenError("bad-template", _MADE, first)
    written = writer.braces(text, values, keywords, node)
    for _, name, _, _ in string.Formatter().parse(text):
        keywords.pop((name or "").partition(".")[0].partition("[")[0], None)
    return written


def _logged_text(
    arguments: list[ast.expr], writer: MessageWriter, holes: HoleRewriter, node: ast.Call
) -> str:
    """Return the message of a logger's call: a format with its values, or a value alone."""
    first, *values = arguments
    if isinstance(first, ast.Dict) and not values:
        return writer.fields(_pairs_of(first))
    if not values:
        return writer.join([first])
    text = fold(holes.resolve(first))
    if text is None:
        if isinstance(first, ast.JoinedStr | ast.BinOp | ast.Call):
            raise NotTakenError("bad-template", _MADE, first)
        holes.mark(
            f"{ast.unparse(first)} and the values are shown side by side: a rule fills no format of a variable"
        )
        return " ".join(filter(None, (writer.join([first]), writer.join(values))))
    if "{" in text and "%" not in text:  # loguru
        return writer.braces(text, values, {}, node)
    if any(isinstance(each, ast.Starred) for each in values):
        raise NotTakenError("bad-template", "the values are known when it runs only: write them out.", node)
    return writer.percent(text, values, node)


def _pairs_of(node: ast.Dict) -> _Fields:
    return list(zip(node.keys, node.values, strict=True))


def _bound_fields(function: ast.expr) -> _Fields:
    """Return the fields of `logger.bind(order=order.id).bind(cart=cart.id).info(…)`, in this order."""
    found: _Fields = []
    value = function.value if isinstance(function, ast.Attribute) else None
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr in _WITH_FIELDS:
            pairs = [(ast.Constant(each.arg) if each.arg else None, each.value) for each in value.keywords]
            found = [*pairs, *found]
        value = value.func.value
    return found


def adds_fields(node: ast.expr) -> bool:
    """Return whether a call gives a logger fields: `logger.bind(order=order.id)`, `logger.append_keys(order=order.id)`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _WITH_FIELDS | {"append_keys"}
        and _is_logger(node.func.value)
    )


def loggers_of(node: ast.AST) -> frozenset[str]:
    """Return the names that the loggers in a part of the code begin with."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return frozenset(_root(each.func) for each in calls if _level_of(each) is not None or adds_fields(each))


def _root(node: ast.expr) -> str:
    """Return the name that a chain of attributes and calls begins with."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _exception_hole(node: ast.Call, writer: MessageWriter, holes: HoleRewriter, exception: str) -> str:
    if not exception:
        sentence = "write `except … as e:` and log `{e!r}`: a rule reads the exception by its name."
        raise NotTakenError("refused-call", sentence, node)
    holes.mark(f"the traceback is shown as {{{exception}!r}}")
    return writer.hole(ast.Name(exception, ast.Load()), "r")


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _level_of(node: ast.Call) -> str | None:
    """Return the level of a logger's call; None where it is none."""
    function = node.func
    if not isinstance(function, ast.Attribute) or not _is_logger(function.value):
        return None
    if function.attr == "log" and len(node.args) > 1:
        return _name_level(node.args[0]) if _is_level(node.args[0]) else "INFO"
    name = function.attr
    if name.startswith("a") and name[1:] in _LEVELS:  # structlog: `await log.ainfo(…)`
        name = name[1:]
    return _LEVELS.get(name)


def _name_level(node: ast.expr) -> str:
    """Return the name of a level that is given as `logging.INFO`, `"INFO"` or a number."""
    if isinstance(node, ast.Constant):
        import logging  # names of numbers

        return logging.getLevelName(node.value) if isinstance(node.value, int) else str(node.value).upper()
    return dotted(node).rpartition(".")[2]


def _is_level(node: ast.expr) -> bool:
    """Return whether an expression says a level: a number, a text, or a constant by its name."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | str)
    return dotted(node).rpartition(".")[2].isupper()


def _is_logger(node: ast.expr) -> bool:
    """Return whether a name, or what a call gives, is a logger: by how it is called."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
        if name in _MAKERS:
            return True
        return (
            name in _WITH_FIELDS | {"opt"}
            and isinstance(node.func, ast.Attribute)
            and _is_logger(node.func.value)
        )
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return bool(_LOGGER_NAME.search(name.lower()))
