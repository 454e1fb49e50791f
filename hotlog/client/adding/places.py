r"""A place as people have it at hand, turned into a target of this code: `places.resolve_place`.

    /var/task/services/task_service.py:111     a traceback of Lambda
    File "/var/task/app.py", line 6, in f      one line of it, or all of it: the innermost frame that lies in this code
    task_service.py:111  shop/cart.py:total    the end of a path; a function in a file
    TaskService.update_task                    a symbol; with modules in front, as hotlog prints types

    text ── read_place ──> Pointer, Pointer, … ── candidates ──> one: taken, with a note; several: listed

What is a target of this code already stays as it is. Pure: a tree in, words out.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client.code.code_trees import has_blanks
from hotlog.client.code.search import FoundPlace, find_functions, is_symbol, module_of
from hotlog.errors import LocationError, RuleError
from hotlog.rules.target import parse_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.code.code_trees import Tree
    from hotlog.client.code.function_code import FunctionCode
    from hotlog.client.code.library import CodeLibrary

_LISTED: Final = 8
_ROOTS: Final = ("/var/task/", "/opt/python/", "/var/lang/lib/")  # of Lambda: what comes behind is the file

# --- how tools write a place -----------------------------------------------------------------------------------------

_QUALNAME: Final = r"(?:[^\W\d]\w*|<locals>|<lambda>)(?:\.(?:[^\W\d]\w*|<locals>|<lambda>))*"
# A frame of a traceback, and the line of source below it.
_FRAME: Final = re.compile(
    r'File "(?P<file>[^"\n]+)", line (?P<line>\d{1,9}\b)(?:, in (?P<name>[^\n]+))?'
    r"""(?:\n[ \t]++(?!File ")(?P<text>[^\n]+))?"""  # a frame of a library need not show its source
)
_FORMS: Final = tuple(
    re.compile(form)
    for form in (
        r"(?P<file>[^\n]+?\.py):(?P<line>\d{1,9})(?:-\d+)?(?::\d+)?(?:[:,]?\s.*)?",  # compilers, grep, pytest, editors
        r"(?P<file>[^\n]+?\.py)(?:#L?|:L)(?P<line>\d{1,9})(?:-L?\d+)?",  # a link to a repository
        r"(?P<file>[^\n]+?\.py)\((?P<line>\d{1,9})\)(?::.*|\w+\(\).*)?",  # pdb
        r'"?(?P<file>[^\n"]+?\.py)"?,? line (?P<line>\d{1,9})\b.*',  # prose
        r".*\((?P<file>[^\n()]+?\.py):(?P<line>\d{1,9})\)",  # profilers: `total (shop/cart.py:7)`
        rf"(?P<file>[^\n:]+?\.py)::?(?P<name>{_QUALNAME}(?:::{_QUALNAME})*)(?:\(.*\))?",  # a function in a file
        r"(?P<file>[^\n]+?\.py):/(?P<text>.+)/",
        rf"(?P<module>{_QUALNAME}):(?P<line>\d{{1,9}})",  # a log format
        rf"(?P<module>{_QUALNAME}):(?P<name>{_QUALNAME})(?:\(.*\))?",
        rf"(?:(?:async\s+)?def\s+)?(?P<name>{_QUALNAME})\s*(?:\(.*\))?:?",  # a symbol
        r"/(?P<text>[^\n]+)/",
    )
)


_BESIDE: Final = re.compile(
    r"^(?:(?:at|in|from)\s+|(?:self|cls)\.)"
)  # what stands before a place in a sentence, or in code


class Pointer(NamedTuple):
    """What a text says about a place; what it does not say is empty.

    Attributes:
        file: path, as written; or of a module.
        line: in it.
        name: of a function.
        text: source that stands there.
        is_module: `file` came from a module's name.
    """

    file: str = ""
    line: int = 0
    name: str = ""
    text: str = ""
    is_module: bool = False


class ResolvedPlace(NamedTuple):
    """A target of this code.

    Attributes:
        at: as a rule has it.
        note: what was taken for what was written; empty where that is the same.
    """

    at: str
    note: str = ""


def read_place(text: str) -> list[Pointer]:
    """Return what a text says about a place: of a traceback each frame, innermost first."""
    text = _unpack(text)
    frames = [
        Pointer(found["file"], int(found["line"]), "", (found["text"] or "").strip())
        for found in _FRAME.finditer(text)
    ]
    if frames:
        return frames[::-1]
    wanted = _BESIDE.sub("", text.strip().strip("`'\"").rstrip(".,;:"))
    for form in _FORMS:
        found = form.fullmatch(wanted)
        if found is None:
            continue
        parts = found.groupdict()
        module = parts.get("module") or ""
        file = parts.get("file") or (module.replace(".", "/") + ".py" if module else "")
        name = (parts.get("name") or "").replace("::", ".")
        return [Pointer(file, int(parts.get("line") or 0), name, parts.get("text") or "", bool(module))]
    return []


def _unpack(text: str) -> str:
    """Return the texts in a report that is JSON, as Lambda's are, one below the other; any other text as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        todo = [json.loads(text)]
    except (ValueError, RecursionError):
        return text
    found: list[str] = []
    for each in todo:
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, dict | list):
            todo.extend(each.values() if isinstance(each, dict) else each)
    return "\n".join(found)


def resolve_place(text: str, tree: Tree, code: CodeLibrary) -> ResolvedPlace:
    """Return the target that a text stands for in this tree; the text itself where nothing better is known.

    Args:
        text: as a person typed or pasted it.
        tree: the code.
        code: parses files.

    Raises:
        LocationError: `ambiguous-place`, where several fit.
    """
    known = _target_of(text, tree)
    if known:
        return ResolvedPlace(known, f"taking {known}" if known != text else "")
    pointers = read_place(text)
    for pointer in pointers:
        found = list(dict.fromkeys(_candidates(pointer, tree, code)))
        if not found:
            continue
        if len(found) > 1:
            listed = ", ".join(found[:_LISTED]) + (
                f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
            )
            shown = " ".join(text.split())
            raise LocationError("ambiguous-place", f"{shown} could be {listed}: write more of it.")
        if found[0] == text:
            return ResolvedPlace(text)
        among = (
            f", the innermost of {len(pointers)} frames that lies in this code" if len(pointers) > 1 else ""
        )
        return ResolvedPlace(found[0], f"taking {found[0]}{among}")
    if len(pointers) > 1:
        raise LocationError(
            "no-such-file", f"none of the {len(pointers)} frames of the traceback lies in {tree.name}."
        )
    return ResolvedPlace(_nearest_target(text, pointers[0], tree) if pointers else text)


def _nearest_target(text: str, pointer: Pointer, tree: Tree) -> str:
    """Return what to check of a place that nothing in the tree fits, so that the answer names what is missing.

    Raises:
        LocationError: `no-such-file`, `no-such-function`, where the text is no target whose check could say so.
    """
    files = match_files(pointer.file, tree, is_module=pointer.is_module) if pointer.file else []
    if files:
        return f"{module_of(files[0])}:{pointer.name}" if pointer.name and len(files) == 1 else text
    if _is_target(text):
        return text
    if pointer.file:
        raise LocationError("no-such-file", f"there is no {pointer.file} in {tree.name}.")
    is_file = tree.has(pointer.name) or match_files(
        pointer.name.replace(".", "/") + ".py", tree, is_module=True
    )
    if pointer.name and not is_file:  # `app` and `app.py` are files without a line
        raise LocationError(
            "no-such-function",
            f"{pointer.name} is no function in {tree.name}: `hotlog find` looks for text too.",
        )
    return text


def _is_target(text: str) -> bool:
    try:
        parse_target(text)
    except RuleError:
        return False
    return True


def _target_of(text: str, tree: Tree) -> str:
    """Return the text as a rule has it, where it is a target whose file is there: then it means what it says."""
    try:
        target = parse_target(text)
    except RuleError:
        return ""
    if target.file:
        where = f"/{target.text}/" if target.text else target.line
        plain = f"{target.file}:{where}"
        return (text if text.startswith(f"{target.file}:") else plain) if tree.has(target.file) else ""
    path = target.module.replace(".", "/")
    return text if tree.has(f"{path}.py") or tree.has(f"{path}/__init__.py") else ""


# --- what fits in a tree ---------------------------------------------------------------------------------------------


def _candidates(pointer: Pointer, tree: Tree, code: CodeLibrary) -> Iterator[str]:
    if not pointer.file:
        yield from _by_name(pointer, tree, code) if pointer.name else _by_text(pointer.text, tree, code)
        return
    for file in match_files(pointer.file, tree, is_module=pointer.is_module):
        if pointer.line:
            yield f"{file}:{_line_of(pointer, file, tree, code)}"
        elif pointer.name:
            yield from _functions_in(file, pointer.name, tree, code)
        elif pointer.text:
            yield f"{file}:/{pointer.text}/"


def match_files(path: str, tree: Tree, *, is_module: bool = False) -> list[str]:
    """Return the files that a path may mean: one of them ends in it, or it ends in one of them.

    Args:
        path: as written: of this machine, of Lambda, of a link, or the end of one.
        tree: the code.
        is_module: the path stands for a module, so a package of that name will do.
    """
    path = path.replace("\\", "/").replace("%20", " ")
    for root in _ROOTS:
        path = path.removeprefix(root)
    path = "/".join(part for part in path.split("/") if part not in {"", ".", ".."})
    wanted = [path, path.removesuffix(".py") + "/__init__.py"] if is_module else [path]
    for each in wanted:
        if tree.has(each):
            return [each]
    files = [file for file in tree.files() if not has_blanks(file)]
    longer = [file for file in files for each in wanted if file.endswith(f"/{each}")]
    if longer:
        return longer
    inside = [file for file in files if path.endswith(f"/{file}")]
    return sorted(inside, key=len, reverse=True)[:1]  # the longest says most


def _line_of(pointer: Pointer, file: str, tree: Tree, code: CodeLibrary) -> int:
    """Return the line; where the traceback shows its source and that stands elsewhere now, that line."""
    if not pointer.text:
        return pointer.line
    try:
        source = code.parse(tree.read(file) or b"", file)
    except LocationError:
        return pointer.line
    lines = [line.strip() for line in source.lines]
    if pointer.line <= len(lines) and lines[pointer.line - 1] == pointer.text:
        return pointer.line
    alike = [number for number, line in enumerate(lines, 1) if line == pointer.text]
    return alike[0] if len(alike) == 1 else pointer.line


def _functions_in(file: str, name: str, tree: Tree, code: CodeLibrary) -> Iterator[str]:
    wanted = name.replace(".<locals>", "").replace("<locals>.", "")
    try:
        source = code.parse(tree.read(file) or b"", file)
    except LocationError:
        return
    names = [found.replace("<locals>.", "") for _, found in source.functions()]
    exact = [found for found in names if found == wanted]
    for found in exact or [found for found in names if found.endswith(f".{wanted}")]:
        yield f"{module_of(file)}:{found}"


def _by_name(pointer: Pointer, tree: Tree, code: CodeLibrary) -> Iterator[str]:
    """Yield the functions that a dotted name stands for: modules in front, then classes, then the function."""
    name = pointer.name.replace(".<locals>", "")
    parts = name.split(".")
    for at in range(len(parts) - 1, 0, -1):
        files = match_files("/".join(parts[:at]) + ".py", tree, is_module=True)
        found = [each for file in files for each in _functions_in(file, ".".join(parts[at:]), tree, code)]
        if found:
            yield from found
            return
    if not is_symbol(name):
        return
    for file, _, qualname in find_functions(code, tree, name):
        if has_blanks(file):
            continue
        yield f"{module_of(file)}:{qualname.replace('<locals>.', '')}"


def _by_text(text: str, tree: Tree, code: CodeLibrary) -> Iterator[str]:
    wanted = text.encode()
    for file in tree.files():
        data = tree.read(file)
        if data is None or wanted not in data or has_blanks(file):
            continue
        try:
            source = code.parse(data, file)
        except LocationError:
            continue
        for place in source.places():
            if text in place.text:
                yield f"{file}:{place.line}"


def find_frames(code: FunctionCode, traceback: str) -> list[FoundPlace]:
    """Return the places of the code that a traceback goes through, innermost first; none where it is none."""
    found: list[FoundPlace] = []
    for pointer in read_place(traceback):
        try:
            file = code.find_file(pointer.file) if pointer.file and pointer.line else ""
        except LocationError:  # of a library, or of Python
            continue
        if file and (place := code.statement_at(file, pointer.line)) is not None:
            target = f"{file}:{place.line}"
            found.append(FoundPlace(target, file, pointer.line, place.qualname, place.text))
    return found
