"""Which file of the deployed code a file of the working copy is: by its text, because roots differ.

`services/orders/app.py` of a repository may be `app.py` of the package (SAM's CodeUri), `src/app.py` may be either.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hotlog.client.code.code_trees import Tree
    from hotlog.client.typed.working_copy import EditedFile

_ALIKE_SHARE: Final = 0.3  # share of lines in common that a file of another path needs


class DeployedFile(NamedTuple):
    """A file of the deployed code.

    Attributes:
        path: in the tree.
        data: its content.
        note: what was taken for what; empty where the path says it.
    """

    path: str
    data: bytes
    note: str = ""


def find_deployed_file(
    file: EditedFile, tree: Tree, function: str, namesakes: Callable[[], Iterable[tuple[str, bytes]]] = tuple
) -> DeployedFile | None:
    """Return the deployed file that a file of the working copy is; None where there is none.

    Args:
        file: of the working copy.
        tree: the deployed code.
        function: its name, for the note.
        namesakes: other files of the working copy with that name, each as path and content: a deployed file that one of
            them is rather is not this one. Asked for only where the text does not decide.
    """
    names = {PurePosixPath(path).name for path in (file.path, file.was) if path}
    candidates = [path for path in tree.files() if PurePosixPath(path).name in names]
    known = file.before if file.before is not None else file.data
    scored = [(_score(path, tree, file.path, known), path) for path in candidates]
    best = max(scored, default=None)
    if best is None:
        return None
    (is_same, alike, _), path = best
    data = tree.read(path) or b""
    if not is_same and alike < _ALIKE_SHARE and path not in {file.path, file.was}:
        return None
    if not is_same and any(_score(path, tree, *each)[:2] > (is_same, alike) for each in namesakes()):
        return None
    if path in {file.path, file.name}:
        return DeployedFile(path, data)
    lines = len(data.splitlines())
    how = f"same text, {lines} lines" if is_same else f"{alike:.0%} of its lines"
    return DeployedFile(path, data, f"{file.name} is {path} in the package of {function} ({how})")


def _score(path: str, tree: Tree, wanted: str, known: bytes) -> tuple[bool, float, int]:
    """Return how well a deployed file fits: the same text, the share of lines in common, the parts of the path in common."""
    data = tree.read(path) or b""
    lines, others = data.splitlines(), known.splitlines()
    stripped = {line.strip() for line in others if line.strip()}
    shared = sum(line.strip() in stripped for line in lines if line.strip())
    share = shared / max(1, sum(bool(line.strip()) for line in lines))
    return lines == others, share, count_common(path, wanted)


def count_common(path: str, wanted: str) -> int:
    """Return how many parts two paths have in common, from the end."""
    depth = 0
    for ours, theirs in zip(reversed(path.split("/")), reversed(wanted.split("/")), strict=False):
        if ours != theirs:
            break
        depth += 1
    return depth
