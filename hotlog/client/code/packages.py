"""The code that is deployed: a function's package and its layers, fetched once, kept in a cache for its owner's eyes only.

A package is known by the SHA-256 of its zip, as AWS tells it, so what lies in the cache is what runs, or is not asked for.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import os
import ssl
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from hotlog import config, limits
from hotlog.cli.shell.terminal import say, warn
from hotlog.client.code.code_trees import Zip
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click._termui_impl import ProgressBar

    from hotlog.client.account.aws import Aws, Deployed, Package

_CHUNK_BYTES: Final = 256 * 1024
_WORTH_A_BAR_BYTES: Final = 2 * 1024 * 1024


def package_of(deployed: Deployed) -> Zip:
    """Return the function's own code.

    Raises:
        StoreError: `needs-source` for a container image, `unreachable`.
    """
    if deployed.package is None:
        raise StoreError(
            "needs-source",
            f"{deployed.name} is a container image, and AWS gives none of its code back: "
            "name a directory with the same code with --source DIR.",
        )
    return Zip(fetch(deployed.package), f"the package of {deployed.name}")


def includes_hotlog(deployed: Deployed) -> bool:
    """Return whether the function's package has hotlog in it; True where that cannot be read."""
    try:
        return package_of(deployed).has("hotlog/__init__.py")
    except StoreError:
        return True


def layers_of(aws: Aws, deployed: Deployed) -> Iterator[Zip]:
    """Yield what the function's layers add to `sys.path`, one root after the other, as Python searches.

    A layer may be gone, or somebody else's, and the function runs all the same: that it is not searched is said.

    Raises:
        StoreError: `throttled`, `unreachable`, ...
    """
    zips: list[tuple[str, Path]] = []
    for arn in reversed(deployed.layers):  # later layers lie on top
        try:
            zips.append((arn, fetch(aws.layer(arn))))
        except StoreError as fault:
            if fault.code not in {"denied", "refused"}:
                raise
            warn(f"the layer {arn} is not searched: {fault.message}")
    for below in (f"python/lib/{deployed.runtime}/site-packages/", "python/"):
        for arn, path in zips:
            yield Zip(path, f"the layer {arn}", below)


def fetch(package: Package) -> Path:
    """Return the path of a package's zip on this machine, from the cache or downloaded into it.

    Raises:
        StoreError: `unreachable`.
    """
    folder = Path(config.cache_dir()) / "packages"
    path = folder / f"{_hex(package.sha256)}.zip"
    if path.exists():
        os.utime(path)
        return path
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:  # made with mode 0600
        partial = Path(file.name)
        try:
            _fetch(package, file)
        except BaseException:
            partial.unlink()
            raise
    partial.replace(path)
    _make_room(folder)
    return path


def _fetch(package: Package, into: IO[bytes]) -> None:
    try:
        with urllib.request.urlopen(package.url, timeout=limits.DOWNLOAD_TIMEOUT_S) as answer:  # noqa: S310  # the URL is AWS's own
            size = int(answer.headers.get("Content-Length") or 0)
            if size > _WORTH_A_BAR_BYTES:
                say(f"fetching the code of {package.name}: {size / 1e6:,.0f} MB")
            bar: ProgressBar[int] = click.progressbar(
                length=size, file=sys.stderr, hidden=size <= _WORTH_A_BAR_BYTES
            )
            with bar:
                while chunk := answer.read(_CHUNK_BYTES):
                    into.write(chunk)
                    bar.update(len(chunk))
            if size and into.tell() != size:
                raise http.client.IncompleteRead(b"", size - into.tell())
    except (
        urllib.error.URLError,
        http.client.HTTPException,
        ConnectionError,
        TimeoutError,
        ssl.SSLError,
    ) as fault:
        # Not `from fault`, nor its words: they may hold the presigned URL, which is a key to the code.
        why = f"HTTP {fault.code}" if isinstance(fault, urllib.error.HTTPError) else type(fault).__name__
        raise StoreError(
            "unreachable",
            f"the code of {package.name} cannot be fetched ({why}): check the network and the proxy, or name a "
            "directory with the same code with --source DIR.",
        ) from None


def _hex(sha256: str) -> str:
    """Return a file name made of the digest that AWS calls CodeSha256."""
    try:
        return base64.b64decode(sha256, validate=True).hex()
    except (binascii.Error, ValueError):
        return sha256.encode().hex()


def _make_room(folder: Path) -> None:
    """Keep the packages that were used last."""
    kept = sorted(folder.glob("*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[limits.PACKAGES_CACHED_MAX :]:
        path.unlink(missing_ok=True)
