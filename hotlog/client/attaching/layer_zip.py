"""What is in the Lambda layer, and the zip file that holds it.

    hotlog-exec                       the AWS_LAMBDA_EXEC_WRAPPER script
    python/hotlog_handler.py          the shim that it names as handler
    hotlog-packages/hotlog_start.py   what the shim starts hotlog with
    hotlog-packages/hotlog_verify.py  answers `attach --verify` in place of the handler
    hotlog-packages/sources           hotlog, without what only a person at a terminal needs, bytecode and watchtower (`packed_sources`)
    hotlog-packages/compiled.TAG      all of them, compiled for one Python (`layer_compiler`)
    hotlog-packages/PACKAGE/          the licence of another's package

The sources are there for a Python whose bytecode is not: the function's runtime may change under its layer.

The packages lie apart from `python/`, which is on `sys.path`: there they would stand in front of packages of these names
that the function has. And all layers of a function are unpacked over each other: two versions of
a package that are mixed file by file work for nobody. The zip is the same, byte for byte, whenever it is built from
the same sources by the same Python: no times, one order, pure Python for every architecture.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.attaching.layer_bytecode import compile_bytecode, find_runtime
from hotlog.client.attaching.layer_sources import strip_source
from hotlog.client.code.packed_sources import pack_sources
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXEC_WRAPPER: Final = "hotlog-exec"
PACKAGES: Final = ("bytecode", "watchtower")
PACKAGES_FOLDER: Final = "hotlog-packages"

_PACKAGE: Final = Path(__file__).parents[2]
SOURCES: Final = f"{PACKAGES_FOLDER}/sources"
_PREFIX: Final = f"{PACKAGES_FOLDER}/"
_LEFT_OUT: Final = (
    "cli",
    "client",
    "mcp",
    "ui",
    "dap",
    "local",
    "testing.py",
    "docs",
    "_examples",
    "_wrapper",
)  # needs a terminal, or tests
_LICENCES: Final = "licenses"  # of a distribution's metadata: a licence must accompany every copy
_NEVER: Final = 1980, 1, 1, 0, 0, 0  # the earliest time a zip can name
_UNIX: Final = 3
_MODE: Final = 0o100644
_MODE_EXECUTABLE: Final = 0o100755


class Layer(NamedTuple):
    """A layer, ready to be published.

    Attributes:
        data: the zip file.
        unpacked_bytes: what its files take together.
        sources: digest of all but the bytecode: layers that agree on it do the same.
        runtimes: those whose bytecode is in it, such as `python3.13`.
    """

    data: bytes
    unpacked_bytes: int
    sources: str
    runtimes: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Return the digest of the zip in hexadecimal: two builds of the same sources agree on it."""
        return hashlib.sha256(self.data).hexdigest()


def build(pythons: Sequence[str] = (sys.executable,)) -> Layer:
    """Return the layer of this hotlog. It runs on every Python; on those with bytecode it starts faster.

    Args:
        pythons: interpreters whose bytecode is in it.

    Raises:
        HotlogError: `no-layer-files` where the installation is incomplete, `no-bytecode`, `layer-too-large`.
    """
    modules = collect_modules()
    files = sources = collect_files(modules)
    below = {path.removeprefix(_PREFIX): sources[path] for path in sources if path.startswith(_PREFIX)}
    for python in pythons:
        made = compile_bytecode({**below, **modules}, python)
        files = {**files, **{f"{_PREFIX}{path}": content for path, content in made.items()}}
    runtimes = tuple(sorted({runtime for path in files if (runtime := find_runtime(path))}))
    layer = Layer(
        _zip(files),
        sum(map(len, files.values())),
        _digest(sources),
        runtimes,
    )
    most_bytes = desk_limits.LAYER_MAX_BYTES + desk_limits.LAYER_PYTHON_MAX_BYTES * len(pythons)
    if len(layer.data) > most_bytes:
        raise HotlogError(
            "layer-too-large",
            f"the layer takes {len(layer.data)} bytes, and {most_bytes} are allowed: install hotlog again.",
        )
    return layer


def collect_files(modules: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """Return the files of the layer by their paths below `/opt`, without bytecode.

    Args:
        modules: what `collect_modules` returns; None: that.
    """
    files = collect_shim()
    files[SOURCES] = pack_sources(collect_modules() if modules is None else modules)
    for name in PACKAGES:
        files |= {
            f"{_PREFIX}{name}/{path.name}": path.read_binary()
            for path in _list_files(name)
            if path.parent.name == _LICENCES
        }
    return files


def collect_modules() -> dict[str, bytes]:
    """Return the modules that the layer has in one file, by their paths below `hotlog-packages/`."""
    found = _read_sources(_PACKAGE, _PACKAGE.name, left_out=_LEFT_OUT)
    for name in PACKAGES:
        found |= {path.as_posix(): path.read_binary() for path in _list_files(name) if path.suffix == ".py"}
    return {path: strip_source(content) for path, content in found.items()}


def collect_shim() -> dict[str, bytes]:
    """Return those that start hotlog in a function, and answer for it."""
    wrapper = _wrapper_folder()
    return {
        EXEC_WRAPPER: (wrapper / EXEC_WRAPPER).read_bytes(),
        **{
            path: _strip_shim(content)
            for path, content in _read_sources(wrapper / "python", "python").items()
        },
        **{
            path: strip_source(content)
            for path, content in _read_sources(wrapper / "packages", PACKAGES_FOLDER).items()
        },
    }


def _strip_shim(source: bytes) -> bytes:
    """Return the shim without its comments, but for the last line: it says that the file is whole."""
    return b"%s\n\n%s\n" % (strip_source(source).rstrip(), source.rstrip().rpartition(b"\n")[2])


def _wrapper_folder() -> Path:
    """Return the folder of the exec script and the shim: inside the package in a wheel, else beside it."""
    for place in (_PACKAGE / "_wrapper", _PACKAGE.parent / "wrapper"):
        if (place / EXEC_WRAPPER).is_file():
            return place
    raise HotlogError("no-layer-files", "the files of the layer are missing: install hotlog again.")


def _read_sources(folder: Path, prefix: str, *, left_out: tuple[str, ...] = ()) -> dict[str, bytes]:
    paths = [path.relative_to(folder) for path in folder.rglob("*.py")]
    return {
        f"{prefix}/{path.as_posix()}": (folder / path).read_bytes()
        for path in paths
        if path.parts[0] not in left_out
    }


def _list_files(name: str) -> Sequence[metadata.PackagePath]:
    """Return the files of an installed distribution."""
    return metadata.distribution(name).files or ()


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{len(files[path])}\0".encode() + files[path])
    return digest.hexdigest()


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _NEVER)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX  # whatever builds it: Lambda reads the rights of files from here
            entry.external_attr = (_MODE_EXECUTABLE if path == EXEC_WRAPPER else _MODE) << 16
            archive.writestr(entry, files[path], compresslevel=9)
    return buffer.getvalue()
