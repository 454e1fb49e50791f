"""`attach --verify` on functions that really start: over HTTP, with the layer, under AWS's emulator."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hotlog.cli.account import lambda_configuration
from hotlog.cli.account.aws import Aws
from hotlog.cli.attaching import start_watch, verification
from hotlog.cli.attaching.attachment import MARK
from hotlog.cli.attaching.layer_zip import build, contents
from hotlog.cli.shell.options import Session
from tests.support.canned_aws import canned_aws
from tests.support.cli import hotlog, settle_in
from tests.support.deployed import deploy, layer, zipped
from tests.support.lambda_service import LambdaService, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

pytestmark = pytest.mark.emulator

# Whoever calls the handler leaves a trace in a file of this machine.
GOOD = """
import os

def handler(event, context):
    with open(os.environ["RAN"], "a") as ran:
        ran.write(repr(event) + "\\n")
    return event
"""
DENIED = Refusal(403, "AccessDeniedException", "User: ana is not authorized to perform: lambda:InvokeFunction")


@pytest.fixture(name="service")
def _service(
    ministack: Ministack,
    function: type[Function],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LambdaService]:
    settle_in(tmp_path, monkeypatch)
    for name, value in ministack.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(lambda_configuration, "_LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(start_watch, "POLL_S", 0.1)
    monkeypatch.setattr(verification, "_PAUSE_S", 0.1)
    with LambdaService(ministack, function) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        yield service


@pytest.fixture(name="ran")
def _ran(tmp_path: Path) -> Path:
    """The file that tells who called the handler."""
    return tmp_path / "ran"


def configuration(name: str = "orders") -> dict[str, Any]:
    """What Lambda says about the function, apart from when and how often it was written."""
    aws = Aws(Session("ssm:"))
    lambda_configuration.read(aws, name)
    found: dict[str, Any] = dict(aws.client("lambda").get_function_configuration(FunctionName=name))
    return {
        key: value
        for key, value in found.items()
        if key not in {"RevisionId", "LastModified", "ResponseMetadata"}
    }


def as_bytes(found: dict[str, Any]) -> bytes:
    return json.dumps(found, default=str).encode()


def verify_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)["verify"]
    return found


class Broken(NamedTuple):
    """A function that does not start, or where hotlog does not work.

    Attributes:
        files: its package.
        says: what the error must name.
        handler: as it is configured.
        variables: of it.
        timeout_s: of an invocation.
    """

    files: dict[str, str | bytes]
    says: str
    handler: str = "app.handler"
    variables: dict[str, str] = {}
    timeout_s: int = 3


BROKEN = {
    "own import error": Broken({"app.py": "import nothing_of_this_name\n" + GOOD}, "Runtime.ImportModuleError"),
    "sys.exit at import": Broken({"app.py": "import sys\nsys.exit(3)\n" + GOOD}, "Runtime.ExitError"),
    "time-out at INIT": Broken({"app.py": "import time\ntime.sleep(60)\n" + GOOD}, "imed out", timeout_s=1),
    "wrong handler name": Broken({"app.py": GOOD}, "Runtime.HandlerNotFound", handler="app.nobody"),
    "error at import": Broken({"app.py": "raise KeyError('stage')\n" + GOOD}, "KeyError"),
    "syntax error": Broken({"app.py": "def handler(:\n" + GOOD}, "Runtime.UserCodeSyntaxError"),
}


@pytest.mark.parametrize("function", ["emulator"], indirect=True)
class TestUnderTheEmulator:
    def test_a_good_function_is_verified_and_its_handler_does_not_run(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        deploy(ministack, "orders", {"app.py": GOOD}, variables={"RAN": str(ran)})
        before = configuration()
        first = hotlog("attach", "orders", "--verify", "--json")
        assert first.code == 0, first.err
        found = verify_of(first.out)
        assert (found["outcome"], found["by"], found["restored"]) == ("verified", "invocation", False)
        start = found["start"]
        assert start == {
            "state": "working",
            "version": "0.1.0",
            "python": start["python"],
            "handler": "app.handler",
            "backend": "recompile",
            "store": "",
            "code": "",
            "reason": "",
        }
        assert not ran.exists()
        token = _token()
        assert service.payloads == [{"hotlog": {"verify": token}}]

        second = hotlog("attach", "orders", "--verify")
        assert second.code == 0, second.err
        assert "orders starts with hotlog 0.1.0 in it" in second.err
        assert "the handler did not run" in second.err
        assert _token() != token
        assert not ran.exists()

        # Who asks with a token that is not this attach's, or adds a word, asks the handler.
        others: list[object] = [{"hotlog": {"verify": token}}, {"hotlog": {"verify": _token()}, "more": 1}, [_token()]]
        for payload in others:
            assert service.request("orders", payload).payload == payload
        assert ran.read_text() == "".join(f"{payload!r}\n" for payload in others)
        assert hotlog("detach", "orders").code == 0
        assert as_bytes(configuration()) == as_bytes(before)

    @pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
    def test_a_function_that_does_not_start_gets_its_configuration_back(
        self, case: Broken, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        deploy(ministack, "orders", case.files, handler=case.handler, variables={"RAN": str(ran)})
        client = ministack.client("lambda")
        client.update_function_configuration(FunctionName="orders", Timeout=case.timeout_s)
        before = configuration()
        told = hotlog("attach", "orders", "--verify", "--json")
        assert told.code == 1
        found = verify_of(told.out)
        assert (found["outcome"], found["code"], found["restored"]) == ("failed", "start-failed", True)
        assert case.says in found["reason"]
        assert f"error: orders does not start: {found['reason'].rstrip('.')}." in told.err
        assert "Its configuration is again what it was before." in told.err
        assert "[start-failed]" in told.err
        assert as_bytes(configuration()) == as_bytes(before)
        assert not ran.exists()
        print(f"{case.says}: {found['seconds']} s")


def _token() -> str:
    words = configuration()["Environment"]["Variables"][MARK].split()
    [word] = [word for word in words if word.startswith("verify=")]
    return str(word).removeprefix("verify=").partition(":")[0]
