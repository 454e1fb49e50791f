"""`hotlog promote`: rules as log statements in the local source, as a diff that `git apply` takes.

    rule ── Source.follow ──> line of the local file ── write_statement ──> new text ── unified diff
                                                        └── import and logger, where the file has none

It adds, and changes nothing else: the trees of both texts are compared before the diff is handed out.
"""

from __future__ import annotations

import ast
import difflib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.code.code_trees import Directory
from hotlog.client.typed.source_style import STYLES, FileStyle, choose_style, missing_setup, read_style
from hotlog.client.typed.tree_diff import TreeDiff
from hotlog.client.typed.write_statement import list_differences, write_statement
from hotlog.client.words import format_clock
from hotlog.errors import ConfigError, HotlogError, LocationError, RuleError
from hotlog.interpreter.compiling import parse_module
from hotlog.source.insertion_points import first_line, is_elif

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hotlog.client.code.library import CodeLibrary
    from hotlog.rules.model import Rule
    from hotlog.source.statements import Location, Source

_BOM: Final = "\ufeff"
_NO_NEWLINE: Final = "\\ No newline at end of file\n"


class PromotedFile(NamedTuple):
    """A file of the local source with rules in it.

    Attributes:
        path: of the file.
        content: the new one.
        diff: from the old one to the new one.
    """

    path: Path
    content: bytes
    diff: str


class PromotedRules(NamedTuple):
    """Rules as statements.

    Attributes:
        files: that change.
        notes: how it was done, and what a typed line does otherwise; a sentence each.
        left_out: rules that stand for no statement, each with the reason.
    """

    files: tuple[PromotedFile, ...]
    notes: tuple[str, ...]
    left_out: tuple[tuple[str, HotlogError], ...]

    @property
    def diff(self) -> str:
        """Return the whole diff."""
        return "".join(file.diff for file in self.files)


class _Line(NamedTuple):
    """A statement that is to be written.

    Attributes:
        at: line of the file that it goes before, from 1.
        indent: of it.
        rule: that it stands for.
    """

    at: int
    indent: str
    rule: Rule


def promote_rules(
    rules: Sequence[Rule], top: Path, root: Path, code: CodeLibrary, style: str, hides: Callable[[str], bool]
) -> PromotedRules:
    """Return rules as statements of the source below a directory.

    Args:
        rules: the rules.
        top: directory to look for their files in.
        root: that the diff's paths are relative to.
        code: parses.
        style: one of `STYLES`; empty: as each file does.
        hides: tells which names are redacted.

    Raises:
        ConfigError: `bad-style`.
    """
    if style not in {"", "auto", *STYLES}:
        raise ConfigError("bad-style", f"there is no style {style!r}: use {', '.join(STYLES)}.")
    style = "" if style == "auto" else style
    tree = Directory(top)
    lines: dict[str, list[_Line]] = {}
    left_out: list[tuple[str, HotlogError]] = []
    notes: list[str] = []
    for rule in rules:
        try:
            file, line = _find_line(rule, tree, code)
            write_statement(rule, style or "logging", "logger", hides)  # whether it has a spelling at all
        except (LocationError, RuleError) as fault:
            left_out.append((rule.id, fault))
            continue
        lines.setdefault(file, []).append(line)
        notes += [f"{rule.id}: {each}" for each in list_differences(rule)]
        notes += _lost_bounds(rule)
    styles = {
        file: read_style(code.parse(tree.read(file) or b"", file).tree)
        for file in _sources(tree, lines, code)
    }
    files = []
    for file, wanted in lines.items():
        here = styles[file]
        chosen = style or choose_style((each for name, each in styles.items() if name != file), here)
        notes.insert(0, _style_note(file, chosen, here, styles))
        source = code.parse(tree.read(file) or b"", file)
        files.append(_write(top / file, root, source, wanted, chosen, here, hides))
    return PromotedRules(tuple(files), tuple(dict.fromkeys(notes)), tuple(left_out))


def _sources(tree: Directory, lines: dict[str, list[_Line]], code: CodeLibrary) -> list[str]:
    """Return the files whose style counts: those that change, and their neighbours that are Python."""
    folders = {str(PurePosixPath(file).parent) for file in lines}
    found = list(lines)
    for file in tree.files() if lines else ():
        if file not in lines and str(PurePosixPath(file).parent) in folders:
            try:
                code.parse(tree.read(file) or b"", file)
            except LocationError:
                continue
            found.append(file)
    return found


def _style_note(file: str, style: str, here: FileStyle, styles: dict[str, FileStyle]) -> str:
    using = sorted(name for name, each in styles.items() if each.style == style)
    why = (
        "it does already"
        if here.style == style
        else f"{' and '.join(using[:2])} use it"
        if using
        else "no file here logs"
    )
    others = "|".join(each for each in STYLES if each != style)
    return f"{file}: style {style} ({why}); --style {others}"


def _lost_bounds(rule: Rule) -> list[str]:
    bounds = [f"had at most {rule.limit:,} lines an environment"] if rule.limit is not None else []
    bounds += [f"expires at {format_clock(rule.expires, utc=False)}"] if rule.expires is not None else []
    bounds += [f"was for {rule.sample:.3g} of the requests"] if rule.sample < 1 else []
    return [f"{rule.id} {' and '.join(bounds)}; a typed line has no such bounds"] if bounds else []


# --- where a statement goes --------------------------------------------------------------------------------------------


def _find_line(rule: Rule, tree: Directory, code: CodeLibrary) -> tuple[str, _Line]:
    """Return the local file that holds a rule's statement, and where in it the new one goes.

    Raises:
        LocationError: no file, or no line of it, can hold it.
    """
    target = rule.target
    wanted = target.file or f"{target.module.replace('.', '/')}.py"
    name = PurePosixPath(wanted).name
    fault = LocationError("no-such-file", f"there is no {wanted} in {tree.name}.")
    found: dict[tuple[bool, bool, bool], list[tuple[str, _Line]]] = {}
    for file in tree.files():
        if PurePosixPath(file).name != name:
            continue
        fit = (file != wanted, not file.endswith(f"/{wanted}"), not wanted.endswith(f"/{file}"))
        try:
            line = _line_in(rule, code.parse(tree.read(file) or b"", file))
        except LocationError as why:
            fault = why
        else:
            found.setdefault(fit, []).append((file, line))
    if not found:
        raise fault
    best = found[min(found)]
    if len(best) > 1:
        both = " and ".join(sorted(file for file, _ in best)[:2])
        raise LocationError(
            "no-such-file", f"{both} hold that statement: name the directory of one with --source."
        )
    return best[0]


def _line_in(rule: Rule, source: Source) -> _Line:
    if b"\r" in source.data.replace(b"\r\n", b""):
        why = "has lines that end in a carriage return alone, and no diff knows these"
        raise LocationError("no-such-place", f"{source.name} {why}.")
    target = rule.target
    if target.function:
        place = source.function(target.function)
    elif rule.text:
        place = source.follow(target.line, rule.text, rule.function)
    else:
        place = source.search(target.text) if target.text else source.place(target.line)
    if rule.after:
        place = source.behind(place)
    at, node = _anchor(place, source)
    text = source.lines[node.lineno - 1]
    indent = text[: node.col_offset] if text.isascii() else text.encode()[: node.col_offset].decode()
    if indent.strip():
        raise LocationError(
            "no-such-place", f"{source.name}:{node.lineno} begins behind a colon: no line fits in there."
        )
    return _Line(at, indent, rule)


def _anchor(place: Location, source: Source) -> tuple[int, ast.stmt]:
    """Return the line that a statement goes before, and the statement whose indentation it gets."""
    spot = source.spot(place)
    if place.after:
        return place.end + 1, spot.node
    if place.kind == "entry":
        if spot.position == len(spot.block):
            last = spot.block[-1]
            return (last.end_lineno or last.lineno) + 1, last
        node = spot.block[spot.position]
        return first_line(node), node
    owner, body = spot.path[-1]
    if is_elif(owner, body):
        raise LocationError(
            "no-such-place", f"{source.name}:{place.line} is an `elif`: no line can be typed before it."
        )
    return place.line, spot.node


# --- the new text ------------------------------------------------------------------------------------------------------


def _write(
    path: Path,
    root: Path,
    source: Source,
    wanted: Sequence[_Line],
    style: str,
    here: FileStyle,
    hides: Callable[[str], bool],
) -> PromotedFile:
    """Return a file with the statements in it."""
    logger, lacking, assignment = missing_setup(style, here)
    added: list[tuple[int, list[str]]] = [
        (line.at, [f"{line.indent}{text}" for text in write_statement(line.rule, style, logger, hides)])
        for line in wanted
    ]
    added += _setup(source.tree, lacking, assignment)
    encoding = _encoding(source.data).removesuffix("-sig")
    text = source.data.decode(encoding)
    mark = text[: text.startswith(_BOM)]
    old, new = _split(text), _split(text.removeprefix(_BOM))
    for at, texts in sorted(added, key=lambda each: each[0], reverse=True):
        _insert(new, min(at - 1, len(old)), texts)
    new[0] = f"{mark}{new[0]}"
    content = "".join(new).encode(encoding)
    _require_added(source.tree, parse_module(content))
    relative = path.resolve().relative_to(root.resolve()).as_posix()
    return PromotedFile(path, content, _diff(old, new, relative))


def _split(text: str) -> list[str]:
    """Return the lines of a text, each with the end that it has."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _insert(lines: list[str], position: int, texts: Sequence[str]) -> None:
    """Put lines in, with the same end as the line above; behind the last one, which may have none."""
    above = lines[max(0, position - 1)] if lines else "\n"
    ends = above.endswith("\n") or position < len(lines)
    newline = "\r\n" if above.endswith("\r\n") or (not ends and lines[0].endswith("\r\n")) else "\n"
    found = [f"{text}{newline}" for text in texts]
    if not ends:
        lines[-1] += newline
        found[-1] = texts[-1]
    lines[position:position] = found


def _setup(tree: ast.Module, lacking: str, assignment: str) -> list[tuple[int, list[str]]]:
    """Return import and logger, each with the line that it goes before."""
    found: list[tuple[int, list[str]]] = []
    opening = 0  # nodes that nothing may stand before: docstring, `from __future__`
    while opening < len(tree.body) and _is_opening(tree.body[opening], opening):
        opening += 1
    last = opening
    for at in range(opening, len(tree.body)):
        if not _is_import(tree.body[at]):
            break
        last = at + 1
    above = (tree.body[opening - 1].end_lineno or 0) if opening else 0
    below = (tree.body[last - 1].end_lineno or 0) if last else 0
    if assignment:
        found.append((below + 1, ["", assignment] if below or lacking else [assignment, ""]))
    if lacking and last > opening:
        found.append((first_line(tree.body[opening]), [lacking]))
    elif lacking:
        found.append((above + 1, ["", lacking] if above else [lacking]))
    return found


def _is_opening(node: ast.stmt, position: int) -> bool:
    is_doc = position == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_doc or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _is_import(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    blocks = [node.body, node.orelse] if isinstance(node, ast.If | ast.Try) else []
    return bool(blocks) and all(
        isinstance(each, ast.Import | ast.ImportFrom | ast.Pass) for block in blocks for each in block
    )


def _require_added(before: ast.Module, after: ast.Module) -> None:
    """Refuse a text in which anything else than new statements differs.

    Raises:
        HotlogError: `internal-fault`.
    """
    found = TreeDiff(before, after)
    if found.gone or found.edited:
        raise HotlogError("internal-fault", "promote would change other statements: nothing is written.")


def _encoding(data: bytes) -> str:
    import io
    from tokenize import detect_encoding

    return detect_encoding(io.BytesIO(data).readline)[0]


def _diff(old: Sequence[str], new: Sequence[str], path: str) -> str:
    """Return a unified diff that `git apply` takes."""
    before, after = (
        [line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines] for lines in (old, new)
    )
    return "".join(difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"))
