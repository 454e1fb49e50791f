"""Which statement a line stands for: steps 2 to 5 of the outline in `statements`, over the tree and the text alone."""

from __future__ import annotations

import ast
from bisect import bisect_left

from hotlog import __builtins__
from hotlog.namedtuple import NamedTuple
from hotlog.source.insertion_points import (
    Block,
    Function,
    Kind,
    blank_or_comment,
    bodies_of,
    first_line,
    header_end,
    is_declaration,
    is_elif,
)

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
