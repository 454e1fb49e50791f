"""`attach --verify` on functions that really start: over HTTP, with the layer, under AWS's emulator."""

from __future__ import annotations

import functools
import io
import json
import threading
import time
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hotlog import __version__
from hotlog.client import desk_limits
from hotlog.client.account.aws import Aws
from hotlog.client.attaching import lambda_configuration, verification
from hotlog.client.attaching.attachment import MARK
from hotlog.client.attaching.layer_zip import build, collect_files, collect_modules
from hotlog.client.options import Options
from tests.support.canned_aws import canned_aws
from tests.support.cli import hotlog
from tests.support.deployed import deploy as deploy_for
from tests.support.deployed import zipped
from tests.support.lambda_service import LambdaService, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.cli import Ran
    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

# The layer lies in /opt, as the variable says: under AWS's emulator alone.
pytestmark = [pytest.mark.parametrize("function", ["emulator"], indirect=True)]

# Whoever calls the handler leaves a trace in a file of this machine.
GOOD = """
import os

def handler(event, context):
    with open(os.environ["RAN"], "a") as ran:
        ran.write(repr(event) + "\\n")
    return event
"""
# Another project's hotlog, as nobody sees it in the files.
HIDDEN_FOREIGN = "import sys, types\nsys.modules['hotlog'] = types.ModuleType('hotlog')\n"
DENIED = Refusal(
    403, "AccessDeniedException", "User: ana is not authorized to perform: lambda:InvokeFunction"
)


@pytest.fixture(name="service")
def _service(
    aws: Ministack, function: type[Function], monkeypatch: pytest.MonkeyPatch
) -> Iterator[LambdaService]:
    monkeypatch.setattr(desk_limits, "LOG_POLL_S", 0.1)
    monkeypatch.setattr(desk_limits, "VERIFY_WATCH_MAX_S", 15.0)
    monkeypatch.setattr(verification, "_PAUSE_S", 0.1)
    with LambdaService(aws, function) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        yield service


@pytest.fixture(name="ran")
def _ran(tmp_path: Path) -> Path:
    """The file that tells who called the handler."""
    return tmp_path / "ran"


def configuration(name: str = "orders") -> dict[str, Any]:
    """What Lambda says about the function, apart from when and how often it was written."""
    aws = Aws(Options("ssm:"))
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


# A start takes a second on an idle machine; where ten tests share a core, many.
deploy = functools.partial(deploy_for, timeout_s=30)


class Broken(NamedTuple):
    """A function that does not start, or where hotlog does not work.

    Attributes:
        files: its package.
        says: what the error must name.
        handler: as it is configured.
        timeout_s: of an invocation.
    """

    files: dict[str, str | bytes]
    says: str
    handler: str = "app.handler"
    timeout_s: int = 30


BROKEN = {
    "own import error": Broken(
        {"app.py": "import nothing_of_this_name\n" + GOOD}, "Runtime.ImportModuleError"
    ),
    "sys.exit at import": Broken({"app.py": "import sys\nsys.exit(3)\n" + GOOD}, "Runtime.ExitError"),
    "time-out at INIT": Broken({"app.py": "import time\ntime.sleep(60)\n" + GOOD}, "imed out", timeout_s=1),
    "wrong handler name": Broken({"app.py": GOOD}, "Runtime.HandlerNotFound", handler="app.nobody"),
    "error at import": Broken({"app.py": "raise KeyError('stage')\n" + GOOD}, "KeyError"),
    "syntax error": Broken({"app.py": "def handler(:\n" + GOOD}, "Runtime.UserCodeSyntaxError"),
}


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
            "version": __version__,
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
        assert f"orders starts with hotlog {__version__} in it" in second.err
        assert "the handler did not run" in second.err
        assert _token() != token
        assert not ran.exists()

        # Who asks with a token that is not this attach's, or adds a word, asks the handler.
        others: list[object] = [
            {"hotlog": {"verify": token}},
            {"hotlog": {"verify": _token()}, "more": 1},
            [_token()],
        ]
        for payload in others:
            assert service.request("orders", payload).payload == payload
        assert ran.read_text() == "".join(f"{payload!r}\n" for payload in others)
        assert hotlog("detach", "orders").code == 0
        assert as_bytes(configuration()) == as_bytes(before)

    @pytest.mark.in_part(3)
    @pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
    def test_a_function_that_does_not_start_gets_its_configuration_back(
        self, case: Broken, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        deploy(ministack, "orders", case.files, handler=case.handler, variables={"RAN": str(ran)})
        client = ministack.client("lambda")
        client.update_function_configuration(FunctionName="orders", Timeout=case.timeout_s)
        before = configuration()
        told = attach(ministack, "--verify", "--json")
        assert told.code == 1
        found = verify_of(told.out)
        assert (found["outcome"], found["code"], found["restored"]) == ("failed", "start-failed", True)
        assert case.says in found["reason"]
        assert f"error: orders does not start: {found['reason'].rstrip('.')}." in told.err
        assert "Its configuration is again what it was before." in told.err
        assert "[start-failed]" in told.err
        assert as_bytes(configuration()) == as_bytes(before)
        assert not ran.exists()

    def test_a_layer_that_lacks_a_file_is_taken_off_again(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        modules = collect_modules()
        del modules["hotlog/config.py"]
        files = collect_files(modules)
        arn = _published(ministack, files)
        found, before = _attach_good(ministack, ran, "--layer", arn)
        assert (found["outcome"], found["by"], found["restored"]) == ("failed", "invocation", True)
        assert as_bytes(configuration()) == before
        assert not ran.exists()

    def test_a_foreign_hotlog_is_told_and_hotlog_taken_off_again(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        found, before = _attach_good(ministack, ran, files={"app.py": HIDDEN_FOREIGN + GOOD})
        assert (found["outcome"], found["by"], found["restored"]) == ("failed", "invocation", True)
        assert found["code"] == "foreign-hotlog"
        assert found["start"]["state"] == "aside"
        assert as_bytes(configuration()) == before
        assert not ran.exists()

    def test_a_role_that_may_not_read_the_rules_is_a_verified_start_and_told(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        refusal = (400, {"__type": "AccessDeniedException", "message": "no"})
        with canned_aws(lambda _action, _request: refusal) as ssm:
            variables = {"RAN": str(ran), "AWS_ENDPOINT_URL_SSM": ssm}
            deploy(ministack, "orders", {"app.py": GOOD}, variables=variables)
            told = attach(ministack, "--verify")
        assert told.code == 0, told.err
        assert "orders starts with hotlog" in told.err
        assert "Its rules could not be read there, so that none works yet. [denied]" in told.err
        assert not ran.exists()

    def test_a_function_that_has_no_variables_has_none_afterwards(
        self, service: LambdaService, ministack: Ministack
    ) -> None:
        ministack.client("lambda").create_function(
            FunctionName="orders",
            Runtime="python3.13",
            Role="arn:aws:iam::000000000000:role/orders",
            Handler="app.handler",
            Code={"ZipFile": zipped({"app.py": "import sys; sys.exit()"})},
        )
        before = configuration()
        assert "Environment" not in before or not before["Environment"].get("Variables")
        assert attach(ministack, "--verify").code == 1
        after = configuration()
        assert [found.pop("Environment", {"Variables": {}}) for found in (before, after)] == [
            {"Variables": {}}
        ] * 2
        assert as_bytes(after) == as_bytes(before)


@functools.cache
def _own_layer() -> bytes:
    return build().data


def attach(aws: Ministack, *words: str) -> Ran:
    """Attach hotlog to the function, with its own layer, which is built once for all tests, or with another."""
    if "--layer" in words:
        return hotlog("attach", "orders", *words)
    client = aws.client("lambda")
    published = client.list_layer_versions(LayerName="hotlog")["LayerVersions"]
    arn = (
        published[0]["LayerVersionArn"]
        if published
        else client.publish_layer_version(LayerName="hotlog", Content={"ZipFile": _own_layer()})[
            "LayerVersionArn"
        ]
    )
    return hotlog("attach", "orders", "--layer", arn, *words)


def _published(aws: Ministack, files: dict[str, bytes]) -> str:
    """A layer with these files, with the rights that they have in hotlog's own."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = (0o100755 if name == "hotlog-exec" else 0o100644) << 16
            archive.writestr(entry, content)
    client = aws.client("lambda")
    return client.publish_layer_version(LayerName="other", Content={"ZipFile": data.getvalue()})[
        "LayerVersionArn"
    ]


def _attach_good(
    aws: Ministack, ran: Path, *words: str, files: dict[str, str | bytes] | None = None
) -> tuple[dict[str, Any], bytes]:
    """Attach and verify a function that is good without hotlog: what was found, and the configuration before."""
    deploy(aws, "orders", {"app.py": GOOD, **(files or {})}, variables={"RAN": str(ran)})
    before = as_bytes(configuration())
    told = attach(aws, "--verify", "--json", *words)
    assert told.out, told.err
    found = verify_of(told.out)
    assert told.code == (0 if found["outcome"] == "verified" else 1)
    return found, before


class TestWithoutAnInvocation:
    """Nothing is sent where the person may not, or where the function's own handler might get it."""

    def test_the_next_environment_that_others_start_tells_of_itself(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        service.refusal = DENIED
        deploy(ministack, "orders", {"app.py": GOOD}, variables={"RAN": str(ran)})
        with _others(service, {"id": 7}):
            found, _ = _attach_good(ministack, ran)
        assert (found["outcome"], found["by"]) == ("verified", "log"), found
        assert found["start"]["handler"] == "app.handler"
        assert ran.read_text() == "{'id': 7}\n"

    def test_a_start_that_fails_is_seen_in_the_log(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        service.refusal = DENIED
        deploy(ministack, "orders", {"app.py": "import nothing_of_this_name\n"}, variables={"RAN": str(ran)})
        before = configuration()
        with _others(service, {"id": 7}):
            told = attach(ministack, "--verify", "--json")
        found = verify_of(told.out)
        assert (found["outcome"], found["by"], found["restored"]) == ("failed", "log", True), found
        assert "Runtime.ImportModuleError: Unable to import module 'app'" in found["reason"]
        assert "You may not invoke orders (lambda:InvokeFunction is denied). Watching its log" in told.err
        assert as_bytes(configuration()) == as_bytes(before)

    @pytest.mark.parametrize(
        ("case", "files", "variables"),
        [
            ("its own shim", {"hotlog_handler.py": GOOD}, {}),
            ("switched off", {}, {"HOTLOG": "off"}),
        ],
    )
    def test_what_starts_without_the_shim_is_never_invoked_and_found_out(
        self,
        case: str,
        files: dict[str, str | bytes],
        variables: dict[str, str],
        service: LambdaService,
        ministack: Ministack,
        ran: Path,
    ) -> None:
        deploy(ministack, "orders", {"app.py": GOOD, **files}, variables={"RAN": str(ran), **variables})
        before = configuration()
        with _others(service, {"id": 7}):
            told = attach(ministack, "--verify", "--json")
        found = verify_of(told.out)
        assert service.payloads == [], case
        assert (found["outcome"], found["code"], found["restored"]) == ("failed", "no-shim", True), found
        assert ran.read_text() == "{'id': 7}\n"
        assert "No invocation is sent, its handler might get it" in told.err
        assert as_bytes(configuration()) == as_bytes(before)

    def test_a_layer_of_another_hotlog_is_never_invoked(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        files = collect_files()
        files["hotlog-packages/hotlog_verify.py"] += b"# of another version\n"
        arn = _published(ministack, files)
        deploy(ministack, "orders", {"app.py": GOOD}, variables={"RAN": str(ran)})
        with _others(service, {"id": 7}):
            found, before = _attach_good(ministack, ran, "--layer", arn)
        assert service.payloads == []
        assert (found["outcome"], found["by"]) == ("verified", "log")
        assert as_bytes(configuration()) != before

    def test_nobody_starts_it(
        self, service: LambdaService, ministack: Ministack, ran: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(desk_limits, "VERIFY_WATCH_MAX_S", 0.5)
        monkeypatch.setattr(verification, "_TELL_EVERY_S", 0.1)
        service.refusal = DENIED
        deploy(ministack, "orders", {"app.py": GOOD}, variables={"RAN": str(ran)})
        told = attach(ministack, "--verify")
        assert told.code == 1
        assert "no environment has started yet" in told.err
        assert "[not-verified]" in told.err
        assert "hotlog stays on it" in told.err
        assert _token()  # it is attached
        assert not ran.exists()

    def test_a_function_that_is_switched_off(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        deploy(ministack, "orders", {"app.py": GOOD}, variables={"RAN": str(ran)})
        ministack.client("lambda").put_function_concurrency(
            FunctionName="orders", ReservedConcurrentExecutions=0
        )
        service.refusal = Refusal(429, "TooManyRequestsException")
        told = attach(ministack, "--verify")
        assert told.code == 1
        assert "its reserved concurrency is 0" in told.err
        assert "[not-verified]" in told.err

    def test_a_function_that_is_busy_is_watched(
        self, service: LambdaService, ministack: Ministack, ran: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(desk_limits, "VERIFY_READY_MAX_S", 1.5)
        service.refusal = Refusal(429, "TooManyRequestsException")
        deploy(ministack, "orders", {"app.py": GOOD}, variables={"RAN": str(ran)})
        with _others(service, {"id": 7}):
            found, _ = _attach_good(ministack, ran)
        assert (found["outcome"], found["by"]) == ("verified", "log"), found


class TestWhatOthersDo:
    def test_a_change_that_comes_in_between_stays_and_is_told(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        """It comes after the update and before the way back: while the function is starting, in vain."""
        client = ministack.client("lambda")

        class Meddling(LambdaService):
            def invoke(self, name: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
                answer = super().invoke(name, body)
                client.update_function_configuration(FunctionName=name, MemorySize=512)
                return answer

        service.__class__ = Meddling
        deploy(ministack, "orders", {"app.py": "import nothing_of_this_name"}, variables={"RAN": str(ran)})
        told = attach(ministack, "--verify", "--json")
        assert told.code == 1
        assert verify_of(told.out)["restored"] is False
        assert "orders does not start: Runtime.ImportModuleError" in told.err
        assert "It could not be put back: somebody else has changed orders" in told.err
        assert "[changed-meanwhile]" in told.err
        after = configuration()
        assert after["MemorySize"] == 512
        assert MARK in after["Environment"]["Variables"]

    def test_who_may_not_put_it_back_is_told_what_stays(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        class Denying(LambdaService):
            def forward(
                self, method: str, path: str, headers: dict[str, str], body: bytes
            ) -> tuple[int, bytes]:
                if self.payloads and method == "PUT" and path.endswith("/configuration"):
                    return DENIED.status, json.dumps({"__type": DENIED.code, "Message": "no"}).encode()
                return super().forward(method, path, headers, body)

        service.__class__ = Denying
        deploy(ministack, "orders", {"app.py": "import nothing_of_this_name"}, variables={"RAN": str(ran)})
        told = attach(ministack, "--verify", "--json")
        assert told.code == 1
        assert verify_of(told.out)["restored"] is False
        assert "orders does not start: Runtime.ImportModuleError" in told.err
        assert "AWS denies lambda:UpdateFunctionConfiguration on orders" in told.err
        assert "hotlog stays on it: `hotlog detach orders` takes it off. [denied]" in told.err
        assert _token()

    def test_answers_that_lack_a_revision_do(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        service.drops = frozenset({"RevisionId"})
        found, before = _attach_good(ministack, ran)
        assert found["outcome"] == "verified"
        assert hotlog("detach", "orders").code == 0
        assert as_bytes(configuration()) == before
        deploy(ministack, "orders", {"app.py": "import nothing_of_this_name"})
        broken = as_bytes(configuration())
        assert attach(ministack, "--verify").code == 1
        assert as_bytes(configuration()) == broken

    def test_a_dry_run_says_how_it_would_be_verified(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        deploy(ministack, "orders", {"app.py": GOOD}, variables={"RAN": str(ran)})
        before = configuration()
        told = attach(ministack, "--verify", "--dry-run")
        assert told.code == 0
        assert "verify: one invocation would be sent, which hotlog answers" in told.err
        deploy(ministack, "orders", {"app.py": GOOD, "hotlog_verify/__init__.py": ""})
        told = attach(ministack, "--verify", "--dry-run")
        assert "verify: no invocation would be sent" in told.err
        assert "hotlog_verify/__init__.py" in told.err
        assert service.payloads == []
        assert configuration()["Environment"] == before["Environment"]

    def test_a_broken_function_that_had_hotlog_already_is_told_how_to_get_rid_of_it(
        self, service: LambdaService, ministack: Ministack, ran: Path
    ) -> None:
        deploy(ministack, "orders", {"app.py": "import nothing_of_this_name"}, variables={"RAN": str(ran)})
        assert attach(ministack).code == 0
        before = configuration()
        told = attach(ministack, "--verify")
        assert told.code == 1
        assert "That had hotlog in it already: `hotlog detach orders` takes it off." in told.err
        assert as_bytes(configuration()) == as_bytes(before)


@contextmanager
def _others(service: LambdaService, event: object) -> Iterator[None]:
    """Somebody else's request, a moment after the function was attached."""
    trouble: list[BaseException] = []

    def request() -> None:
        try:
            give_up_at = time.monotonic() + 20
            while not _is_attached():
                assert time.monotonic() < give_up_at, "it was never attached"
                time.sleep(0.05)
            time.sleep(1.5)  # AWS tells the time of the update in whole seconds
            service.request("orders", event)
        except BaseException as error:
            trouble.append(error)
            raise

    thread = threading.Thread(target=request)
    thread.start()
    yield
    thread.join()
    assert trouble == []


def _is_attached() -> bool:
    found = Aws(Options("ssm:")).client("lambda").get_function_configuration(FunctionName="orders")
    is_done = found["LastUpdateStatus"] == "Successful"
    return is_done and MARK in found.get("Environment", {}).get("Variables", {})


def _token() -> str:
    words = configuration()["Environment"]["Variables"][MARK].split()
    [word] = [word for word in words if word.startswith("verify=")]
    return str(word).removeprefix("verify=").partition(":")[0]
