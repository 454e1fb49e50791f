"""The source that the command can see: a target is looked up in it before a rule is stored."""

from __future__ import annotations

import difflib
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.errors import ConfigError, LocationError
from hotlog.rules.model import parse_target
from hotlog.source.statements import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.rules.model import Target
    from hotlog.source.statements import Place

# A search for near names must not walk somebody's whole disk.
_WALK_MAX_FILES: Final = 5_000
_NEVER_SOURCE: Final = frozenset({"__pycache__", "node_modules", "site-packages"})


class Sighting(NamedTuple):
    """A target, found in the source.

    Attributes:
        at: the target as a rule stores it: a search for text has become a line.
        file: path of the file, relative to the directory searched, with `/`.
        source: the file, parsed.
        place: where the probe goes.
    """

    at: str
    file: str
    source: Source
    place: Place


def sight(at: str, directory: Path) -> Sighting:
    """Find a target below a directory.

    Args:
        at: `app.py:42`, `app:charge` or `app.py:/text/`.
        directory: what the target is relative to: the root of the function's code.

    Raises:
        RuleError: `bad-target`.
        ConfigError: `bad-source`, where the directory is none.
        LocationError: `no-such-file`, or whatever `Source` finds wrong with the place.
    """
    target = parse_target(at)
    if not directory.is_dir():
        raise ConfigError("bad-source", f"--source {directory} is no directory.")
    file = target.file or _module_file(target.module, directory)
    if not file or not (directory / file).is_file():
        raise LocationError("no-such-file", _missing(target, directory))
    source = Source((directory / file).read_bytes(), file)
    if target.line:
        return Sighting(f"{file}:{target.line}", file, source, source.place(target.line))
    if target.function:
        return Sighting(at, file, source, source.function(target.function))
    place = source.search(target.text)
    return Sighting(f"{file}:{place.line}", file, source, place)


def _module_file(module: str, directory: Path) -> str:
    path = module.replace(".", "/")
    for file in (f"{path}.py", f"{path}/__init__.py"):
        if (directory / file).is_file():
            return file
    return ""


def _missing(target: Target, directory: Path) -> str:
    """Say that the file is not there, and where a file of that name is."""
    wanted = target.file or target.module.replace(".", "/") + ".py"
    files = list(_python_files(directory))
    missing = f"there is no {wanted} in {_shown(directory)}."
    below = [file for file in files if file.endswith(f"/{wanted}")]
    if below:
        roots = [file.removesuffix(f"/{wanted}") for file in below[:3]]
        return f"{missing} Add {' or '.join(f'--source {_shown(directory / root)}' for root in roots)}."
    names = {PurePosixPath(file).name: file for file in files}
    near = [names[name] for name in difflib.get_close_matches(PurePosixPath(wanted).name, names, n=3)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Name the directory of the code with --source."
    return f"{missing} {hint}"


def _shown(directory: Path) -> str:
    return "this directory" if directory == Path() else directory.as_posix()


def _python_files(directory: Path) -> Iterator[str]:
    """Python files below the directory, relative to it; hidden, installed and generated ones left out."""
    seen = 0
    for place, directories, files in os.walk(directory):
        directories[:] = sorted(
            name
            for name in directories
            if not name.startswith(".")
            and name not in _NEVER_SOURCE
            and not (Path(place) / name / "pyvenv.cfg").exists()
        )
        seen += len(files)
        if seen > _WALK_MAX_FILES:
            return
        for name in sorted(files):
            if name.endswith(".py"):
                yield (Path(place) / name).relative_to(directory).as_posix()
