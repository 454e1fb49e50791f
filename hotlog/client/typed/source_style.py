"""How a file writes log statements: with which logger, and in which style; and what a new statement looks like in it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.typed.expressions import dotted
from hotlog.client.typed.log_calls import is_log_call, is_logger_maker

if TYPE_CHECKING:
    from collections.abc import Iterable

STYLES: Final = ("logging", "print", "structlog", "powertools")
_MODULES: Final = {"logging": "logging", "structlog": "structlog", "aws_lambda_powertools": "powertools"}
_IMPORTS: Final = {
    "logging": "import logging",
    "structlog": "import structlog",
    "powertools": "from aws_lambda_powertools import Logger",
}
_LOGGERS: Final = {
    "logging": "logger = logging.getLogger(__name__)",
    "structlog": "logger = structlog.get_logger()",
    "powertools": "logger = Logger()",
}


class FileStyle(NamedTuple):
    """How a file logs.

    Attributes:
        style: one of `STYLES`; empty: it does not.
        logger: name of its logger; empty: it has none.
        imports: the modules that it imports by their own names.
        names: every name that it binds or reads.
    """

    style: str
    logger: str
    imports: frozenset[str]
    names: frozenset[str]


def read_style(tree: ast.Module) -> FileStyle:
    """Return how a file logs, by its imports, its logger and its log statements."""
    imported: dict[str, str] = {}  # name in the file -> top-level module
    for node in tree.body:
        if isinstance(node, ast.Import):
            imported |= {alias.asname or alias.name: alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {alias.asname or alias.name: node.module.partition(".")[0] for alias in node.names}
    logger, style = "", ""
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and is_logger_maker(node.value)
            and isinstance(node.targets[0], ast.Name)
        ):
            maker = dotted(node.value.func).partition(".")[0] if isinstance(node.value, ast.Call) else ""
            logger, style = node.targets[0].id, _MODULES.get(imported.get(maker, maker), "logging")
            break
    if not style and any(
        isinstance(node, ast.Expr) and is_log_call(node.value) and isinstance(node.value, ast.Call)
        and dotted(node.value.func) == "print" for node in ast.walk(tree)
    ):  # fmt: skip
        style = "print"
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} | imported.keys()
    return FileStyle(style, logger, frozenset(imported), frozenset(names))


def choose_style(files: Iterable[FileStyle], here: FileStyle) -> str:
    """Return the style of a file; where it has none, the one that most other files have; else `logging`."""
    if here.style:
        return here.style
    counted = [each.style for each in files if each.style]
    return max(STYLES, key=lambda style: (counted.count(style), style == "logging")) if counted else "logging"


def missing_setup(style: str, here: FileStyle) -> tuple[str, str, str]:
    """Return the name of the logger, and the import and the assignment that the file lacks for it; empty: it has them.

    A name that the file uses for something else is not taken.
    """
    if style == "print":
        return "", "", ""
    if here.logger and here.style == style:
        return here.logger, "", ""
    name = next(
        each for each in ("logger", "log", "hotlog_logger", "_hotlog_logger") if each not in here.names
    )
    module = _IMPORTS[style].split()[-1]
    lacks = "" if module in here.imports else _IMPORTS[style]
    return name, lacks, _LOGGERS[style].replace("logger =", f"{name} =", 1)
