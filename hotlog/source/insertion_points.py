"""The shape of a syntax tree: blocks of statements, the spots where one could be typed, the statement a line stands for."""

from __future__ import annotations

import ast
from bisect import bisect_left
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    Kind = Literal["statement", "entry"]

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class InsertionPoint(NamedTuple):
    """A place in the tree: a statement inserted as `block[position]` is the probe.

    `path` leads from the outermost function to the block: the statements around it, each with the block of it that
    was entered. `after`: the probe comes behind `node`, at the position of what follows it.
    """

    block: list[ast.stmt]
    position: int
    kind: Kind
    function: str
    node: ast.stmt
    path: tuple[tuple[ast.stmt, list[ast.stmt]], ...]
    after: bool = False


class Block(NamedTuple):
    """A list of statements, whose it is, and whether it runs each time a function is called."""

    body: list[ast.stmt]
    owner: ast.stmt | None
    in_function: bool


def first_line(node: ast.stmt) -> int:
    """Return the line at which a statement begins, its decorators included."""
    decorators = getattr(node, "decorator_list", None)
    return decorators[0].lineno if decorators else node.lineno


def bodies_of(node: ast.stmt) -> list[list[ast.stmt]]:
    """Return the blocks of a compound statement, in the order of the source; none for a simple statement."""
    body = getattr(node, "body", None)
    if body is None:  # most statements are simple: nothing else is looked for
        return [case.body for case in node.cases] if isinstance(node, ast.Match) else []
    bodies = [body, *(handler.body for handler in getattr(node, "handlers", ()))]
    bodies += [getattr(node, "orelse", []), getattr(node, "finalbody", [])]
    return [body for body in bodies if body]


def is_elif(node: ast.stmt, body: list[ast.stmt]) -> bool:
    """Return whether the block is an `elif`: an `if` in the outer one's place, not below an `else:`."""
    return (
        isinstance(node, ast.If)
        and body is node.orelse
        and isinstance(body[0], ast.If)
        and body[0].col_offset == node.col_offset
    )


def header_end(node: ast.stmt, lines: tuple[str, ...]) -> int:
    """Return the last line of a compound statement's header, the one with its colon."""
    inner = node.cases[0].pattern.lineno if isinstance(node, ast.Match) else first_line(bodies_of(node)[0][0])
    for line in range(inner - 1, node.lineno, -1):
        if not blank_or_comment(lines[line - 1]):
            return line
    return node.lineno


def is_declaration(node: ast.stmt, owner: ast.stmt | None) -> bool:
    """Return whether it is a docstring, `global` or `nonlocal`: nothing can be typed before it."""
    if isinstance(node, ast.Global | ast.Nonlocal):
        return True
    return (
        isinstance(owner, DEFINITIONS)
        and node is owner.body[0]
        and isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def blank_or_comment(text: str) -> str:
    """Return whether a line holds no code, in the words of a note: `is blank`, `is a comment`, or empty."""
    text = text.strip()
    if not text:
        return "is blank"
    return "is a comment" if text.startswith("#") else ""


def behind(spot: InsertionPoint) -> InsertionPoint:
    """Return the insertion point behind a statement: on a new line, so behind what else its last line holds, too.

    Its position is that of the statement that follows in the block, declarations skipped; of the end where none does.
    """
    block, last = spot.block, spot.position
    while last + 1 < len(block) and first_line(block[last + 1]) <= (block[last].end_lineno or 0):
        last += 1
    following = (at for at in range(last + 1, len(block)) if not is_declaration(block[at], None))
    return spot._replace(position=next(following, len(block)), node=block[last], after=True)


# --- all spots of a file -------------------------------------------------------------------------------------------

_Path = tuple[tuple[ast.stmt, list[ast.stmt]], ...]


class _Inner(NamedTuple):
    """A block on the way through the tree: what the names of its functions begin with, and how it was reached."""

    block: Block
    prefix: str
    path: _Path


def spots_of(module: Block) -> Iterator[InsertionPoint]:
    """Yield every insertion point of a file, outer before inner, a line's first statement first."""
    todo = [_walk(_Inner(module, "", ()))]
    while todo:  # no recursion: each `elif` lies in the `else` of the one before
        found = next(todo[-1], None)
        if found is None:
            todo.pop()
        elif isinstance(found, _Inner):
            todo.append(_walk(found))
        else:
            yield found


def _walk(inner: _Inner) -> Iterator[InsertionPoint | _Inner]:
    """Yield the insertion points of a block, and the blocks of its statements in between."""
    block, prefix, path = inner
    function = prefix.removesuffix(".").removesuffix(".<locals>")
    for position, node in enumerate(block.body):
        if block.in_function and not is_declaration(node, block.owner):
            yield InsertionPoint(block.body, position, "statement", function, node, path)
        if isinstance(node, Function):
            inside = (*path, (node, node.body))
            yield _entry(node, prefix + node.name, inside)
            yield _Inner(Block(node.body, node, in_function=True), f"{prefix}{node.name}.<locals>.", inside)
            continue
        name = f"{prefix}{node.name}." if isinstance(node, ast.ClassDef) else prefix
        for body in bodies_of(node):
            yield _Inner(Block(body, node, block.in_function), name, (*path, (node, body)))


def _entry(node: Function, name: str, inside: _Path) -> InsertionPoint:
    """Return the insertion point before a body's first real statement, behind its declarations."""
    position = 0
    while position < len(node.body) and is_declaration(node.body[position], node):
        position += 1
    return InsertionPoint(node.body, position, "entry", name, node, inside)


# --- which statement a line stands for: steps 2 to 5 of the outline in `statements` --------------------------------

_PAST_THE_END = "it lies past the end of a block"


class StatementOfLine(NamedTuple):
    """The statement that a line stands for."""

    line: int  # first line of the statement
    kind: Kind
    why: str = ""  # why it is not the line that was asked for: "is blank"


def find_statement(block: Block, line: int, lines: tuple[str, ...]) -> StatementOfLine | str:
    """Return the statement that a line stands for, in this block or one inside it; or why there is none."""
    # Step 2: from block to inner block.
    found: StatementOfLine | Block | str = block
    while isinstance(found, Block):  # no recursion: each `elif` lies in the `else` of the one before
        found = _in_block(found, line, lines)
    return found


def _in_block(block: Block, line: int, lines: tuple[str, ...]) -> StatementOfLine | Block | str:
    """Return what a line stands for in this block; or the inner block to search next."""
    # Step 3: skip what ends above the line. `why` is set once the line slides, and says why it does.
    why = ""
    before: ast.stmt | None = None
    body = block.body
    start = bisect_left(body, line, key=lambda node: node.end_lineno or 0)
    if start:
        before = body[start - 1]
    for node in body[start:]:
        first = first_line(node)
        # The line lies above this statement: it slides if it is blank or a comment of this block.
        if not why and line < first:
            why = blank_or_comment(lines[line - 1])
            follows_block = before is not None and bool(bodies_of(before))
            if not why or (follows_block and _closes_deeper_block(lines[line - 1], node)):
                return _PAST_THE_END
        # The line lies within this statement; a declaration lets it slide further.
        if not why and line <= (node.end_lineno or first):
            if not is_declaration(node, block.owner):
                return _inside(node, line, lines, block)
            why = "is a docstring" if isinstance(node, ast.Expr) else "is a declaration"
        # The line slides to this statement.
        if why and not is_declaration(node, block.owner):
            return _start_of(node, block, why)
        before = node
    return f"it {why}, and no statement follows in its block" if why else _PAST_THE_END


def _inside(
    node: ast.stmt, line: int, lines: tuple[str, ...], around: Block
) -> StatementOfLine | Block | str:
    """Return what a line within a statement's span stands for; or the inner block to search next."""
    bodies = bodies_of(node)
    end = header_end(node, lines) if bodies else node.end_lineno or node.lineno
    # Step 4, header or simple statement: the line stands for the statement itself.
    if line <= end:
        is_entry = isinstance(node, Function) and not around.in_function
        continues = line > first_line(node) and not is_entry
        return _start_of(node, around, "continues a statement" if continues else "")
    # Step 4, bodies: the first that ends at the line or below has it, or it lies on the keyword above that body. The
    # first body has no keyword of its own, but those of `match` have: each `case`. An `elif` is a statement.
    in_function = around.in_function or isinstance(node, Function)
    for number, body in enumerate(bodies):
        first, last = first_line(body[0]), body[-1].end_lineno or 0
        if line <= last:
            has_keyword = (number or isinstance(node, ast.Match)) and not is_elif(node, body)
            if line < first and has_keyword:
                return _between(end, body, line, lines, in_function=in_function)
            return Block(body, node, in_function)
        end = last
    return _PAST_THE_END


def _between(
    end: int, body: list[ast.stmt], line: int, lines: tuple[str, ...], *, in_function: bool
) -> StatementOfLine | str:
    """Return what a line between two blocks of a statement stands for: `else:` or a comment near it."""
    # The keyword's line is the first one between the two blocks that is neither blank nor a comment.
    keyword = next(at for at in range(end + 1, first_line(body[0])) if not blank_or_comment(lines[at - 1]))
    # Above the keyword: a blank line or comment at the end of the block before.
    if line < keyword:
        return _PAST_THE_END
    # On the keyword or below: the first statement of the block that it opens.
    word = lines[keyword - 1].split()[0].rstrip(":")
    why = f"is `{word}`" if line == keyword else blank_or_comment(lines[line - 1]) or f"belongs to `{word}`"
    following = next((node for node in body if not is_declaration(node, None)), None)
    if following is None:
        return f"it {why}, and no statement follows in its block"
    return _start_of(following, Block(body, None, in_function), why)


def _start_of(node: ast.stmt, block: Block, why: str) -> StatementOfLine | str:
    """Return the statement as the answer, or the reason why no probe can go before it."""
    # Step 5: only statements of a function can still run.
    if block.in_function:
        return StatementOfLine(first_line(node), "statement", why)
    if isinstance(node, Function):
        return StatementOfLine(first_line(node), "entry", why)
    where = "the body of a class" if isinstance(block.owner, ast.ClassDef) else "module-level code"
    return f"it is {where}, which has run already"


def _closes_deeper_block(text: str, following: ast.stmt) -> bool:
    """Return whether a comment is indented further than the next statement: its block has ended."""
    return bool(text.strip()) and len(text) - len(text.lstrip()) > following.col_offset
