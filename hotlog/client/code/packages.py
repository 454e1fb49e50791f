"""The code that is deployed: a function's package and its layers, fetched once, kept in a cache for its owner's eyes only.

A package is known by the SHA-256 of its zip, as AWS tells it, so what lies in the cache is what runs, or is not asked for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import http.client
import os
import ssl
import stat
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from hotlog import config
from hotlog.client import desk_limits
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from hotlog.client.deployed import Package
    from hotlog.client.talk import Talk

_CHUNK_BYTES: Final = 256 * 1024


def fetch(package: Package, talk: Talk) -> Path:
    """Return the path of a package's zip on this machine, from the cache or downloaded into it.

    Args:
        package: which.
        talk: is told how a download goes on.

    Raises:
        StoreError: `foreign-cache`, the folder is somebody else's; `unreachable`; `wrong-digest`, what came is not what AWS says is deployed.
    """
    folder = Path(config.cache_dir()) / "packages"
    path = folder / f"{_hex(package.sha256)}.zip"
    _make_private(folder)
    if path.exists():
        os.utime(path)
        return path
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:  # made with mode 0600
        partial = Path(file.name)
        try:
            _fetch(package, file, talk)
            file.flush()
            _check_digest(package, partial)
        except BaseException:
            partial.unlink()
            raise
    partial.replace(path)
    _make_room(folder)
    return path


def _make_private(folder: Path) -> None:
    """Make the cache's folders for their owner's eyes only; refuse one that is somebody else's: it may hold any code.

    Raises:
        StoreError: `foreign-cache`.
    """
    for place in (folder.parent, folder):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.lstat()
        if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
            raise StoreError(
                "foreign-cache",
                f"{place} is no folder of yours, so what lies in it may be anybody's: remove it, or name another place with "
                "XDG_CACHE_HOME.",
            )
        if found.st_mode & 0o077:
            place.chmod(0o700)


def _fetch(package: Package, into: IO[bytes], talk: Talk) -> None:
    try:
        with urllib.request.urlopen(package.url, timeout=desk_limits.DOWNLOAD_TIMEOUT_S) as answer:  # noqa: S310  # the URL is AWS's own
            size = int(answer.headers.get("Content-Length") or 0)
            with talk.fetching(package.name, size) as came_in:
                while chunk := answer.read(_CHUNK_BYTES):
                    into.write(chunk)
                    came_in(len(chunk))
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


def _check_digest(package: Package, path: Path) -> None:
    """Refuse a zip that is not the one AWS told of: it must not be taken for what runs."""
    wanted = _hex(package.sha256)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wanted:
        raise StoreError(
            "wrong-digest",
            f"the code of {package.name} that came has another digest than the one AWS tells: something on the way has "
            "changed it. Name a directory with the same code with --source DIR.",
        )


def _hex(sha256: str) -> str:
    """Return a file name made of the digest that AWS calls CodeSha256."""
    try:
        return base64.b64decode(sha256, validate=True).hex()
    except (binascii.Error, ValueError):
        return sha256.encode().hex()


def _make_room(folder: Path) -> None:
    """Keep the packages that were used last."""
    kept = sorted(folder.glob("*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[desk_limits.PACKAGES_CACHED_MAX :]:
        path.unlink(missing_ok=True)
