"""AWS's runtime interface emulator: where it comes from, and how a function gets the paths it has in Lambda.

The emulator is a static binary inside the wheel of `aws-sam-cli`, whose dependencies are of no use here: the wheel is
downloaded alone, once, into `.cache/` of the checkout.
"""

from __future__ import annotations

import functools
import http.client
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.places import CACHE
from tests.support.processes import end, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

EMULATORS = CACHE / "lambda-emulator"

_DOWNLOAD_MAX_S = 180
_START_MAX_S = 15
_ANSWER_MAX_S = 120
_MACHINES = {"x86_64": "x86_64", "aarch64": "arm64"}

# /var is covered by an empty one, so that nothing must be made on this machine; the folders are shown read-only.
# Arguments: a folder to mount in, then pairs of path and folder up to `--`, then the command.
_SHOW = """
own=$1; shift
mount -t tmpfs tmpfs "$own"
while [ "$1" != -- ]; do
  case $1 in
    /var/*) shown=$own/${1#/var/}; mkdir "$shown" ;;
    *) shown=$1 ;;
  esac
  mount --bind "$2" "$shown"
  mount -o remount,bind,ro "$shown"
  shift 2
done
shift
mount --rbind "$own" /var
cd /var/task
exec "$@"
"""


class Emulator:
    """A running emulator; the function's process starts with the first event.

    Args:
        shown: folders, by the path the function sees them at.
        bootstrap: path of the start script.
        handler: such as `app.handler`.
        variables: of the function's process.
        log: a file that takes what everybody writes.
    """

    def __init__(
        self, shown: Mapping[str, Path], bootstrap: str, handler: str, variables: Mapping[str, str], log: Path
    ) -> None:
        self._port = free_port()
        pairs = [word for path, folder in shown.items() for word in (path, str(folder.resolve()))]
        loopback = ["--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"]
        loopback += ["--runtime-api-address", f"127.0.0.1:{free_port()}"]
        command = [str(binary()), "--log-level", "warn", *loopback, bootstrap, handler]
        self._mounts = tempfile.TemporaryDirectory(prefix="var-")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_in_own_namespace(), "sh", "-euc", _SHOW, "sh", self._mounts.name, *pairs, "--", *command],
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._log = log

    def post(self, event: bytes) -> bytes:
        """Invoke the handler once; its answer."""
        connection = self._connected()
        try:
            connection.request("POST", "/2015-03-31/functions/function/invocations", event)
            return connection.getresponse().read()
        finally:
            connection.close()

    def stop(self) -> None:
        """End the emulator and the function."""
        end(self._process)
        self._mounts.cleanup()

    def _connected(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_MAX_S)
        give_up_at = time.monotonic() + _START_MAX_S
        while self._process.poll() is None and time.monotonic() < give_up_at:
            try:
                connection.connect()
            except OSError:
                time.sleep(0.01)
            else:
                return connection
        said = f"the emulator did not start:\n{self._log.read_text(errors='replace')[-2_000:]}"
        # Between the look for a free port and its use another process may take it.
        raise (ConnectionError if "address already in use" in said else RuntimeError)(said)


@functools.cache
def unusable() -> str:
    """Why the emulator cannot run on this machine, in one sentence; empty where it can."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return f"AWS has no emulator for {sys.platform} on {platform.machine()}"
    for place in (sys.executable, sys.prefix, sys.base_prefix, __file__):
        for covered in ("/var", "/opt"):
            if Path(place).resolve().is_relative_to(covered):
                return f"{place} lies below {covered}, which the emulator's function has to itself"
    if not _in_own_namespace():
        return "no mount namespace can be made here: it takes root, or user namespaces for everybody"
    try:
        binary()
    except subprocess.CalledProcessError as fault:
        return f"aws-sam-cli could not be downloaded: {fault.stderr.strip().splitlines()[-1:]}"
    except subprocess.TimeoutExpired:
        return f"aws-sam-cli could not be downloaded in {_DOWNLOAD_MAX_S} s"
    return ""


@functools.cache
def _in_own_namespace() -> list[str]:
    """The words before a command that give it mounts of its own, and end all it started when it ends."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    words = [
        unshare,
        "--mount",
        "--propagation",
        "private",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]
    for rights in ([], ["--user", "--map-root-user"]):
        tried = [*words, *rights]
        trial = [*tried, "mount", "-t", "tmpfs", "tmpfs", "/var"]
        if subprocess.run(trial, check=False, capture_output=True).returncode == 0:
            return tried
    return []


@functools.cache
def binary() -> Path:
    """The emulator; downloaded where it is not in the cache.

    Raises:
        subprocess.CalledProcessError: pip could not download it.
    """
    wanted = f"samcli/local/rapid/aws-lambda-rie-{_MACHINES[platform.machine()]}"
    cached = EMULATORS / Path(wanted).name
    if not cached.exists():
        EMULATORS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=EMULATORS) as folder:
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "aws-sam-cli"],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
                timeout=_DOWNLOAD_MAX_S,
            )
            [wheel] = Path(folder).glob("aws_sam_cli-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                unpacked = Path(archive.extract(wanted, folder))
            unpacked.chmod(0o755)
            unpacked.replace(cached)  # whole, also where two test runs start at once
    return cached
