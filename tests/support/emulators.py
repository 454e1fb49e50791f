"""AWS APIs on this machine: `ministack` on a free loopback port, spoken to over real HTTP.

with Ministack() as aws:
    aws.client("ssm").put_parameter(...)
    subprocess.run([...], env=os.environ | aws.env())
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import boto3

from tests.support.processes import end, free_port

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_ssm import SSMClient

REGION = "us-east-1"
_START_MAX_S = 30


class Ministack:
    """An AWS account of its own, empty at first.

    Attributes:
        url: the endpoint of all services.
    """

    def __init__(self) -> None:
        self.url = ""
        self._folder = tempfile.TemporaryDirectory(prefix="ministack-")
        self._process: subprocess.Popen[bytes] | None = None

    def env(self) -> dict[str, str]:
        """What makes boto3 in another process come here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOTLOG_REFRESH_TIMEOUT_MS": "5000",  # the emulator and a busy machine are slower than AWS
        }

    @overload
    def client(self, service: Literal["cloudwatch"]) -> CloudWatchClient: ...
    @overload
    def client(self, service: Literal["ssm"]) -> SSMClient: ...
    @overload
    def client(self, service: Literal["logs"]) -> CloudWatchLogsClient: ...
    @overload
    def client(self, service: Literal["lambda"]) -> LambdaClient: ...
    def client(self, service: str) -> object:
        """A client of boto3 for the service, whatever this process's own environment says."""
        return boto3.client(  # type: ignore[call-overload]  # the overloads above are the ones that count
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # good for nothing else
        )

    def reset(self) -> None:
        """Empty the account."""
        request = urllib.request.Request(f"{self.url}/_ministack/reset", method="POST")  # noqa: S310  # loopback
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310

    def __enter__(self) -> Self:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        home = self._folder.name
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": home,
                    "TMPDIR": home,
                    "BIND_HOST": "127.0.0.1",  # its default is all interfaces
                    "GATEWAY_PORT": str(port),
                    "LOG_LEVEL": "WARNING",
                },
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait(self._process)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._process is not None:
            end(self._process)
        self._folder.cleanup()

    @property
    def _log(self) -> Path:
        return Path(self._folder.name, "ministack.log")

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        give_up_at = time.monotonic() + _START_MAX_S
        while process.poll() is None and time.monotonic() < give_up_at:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2).close()  # noqa: S310
            except OSError:
                time.sleep(0.02)
            else:
                return
        said = self._log.read_text(errors="replace")[-2_000:]
        raise RuntimeError(
            f"ministack did not start in {_START_MAX_S} s (exit code {process.returncode}):\n{said}"
        )
