"""Every store keeps the same promise: memory, files, Parameter Store over HTTP (our strict model, and an emulator)."""

from __future__ import annotations

import base64
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hotlog.addresses import open_store
from hotlog.errors import ConfigError, HotlogError, StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import Document
from hotlog.stores.file import FileStore
from hotlog.stores.lock import hold_lock, lock_file
from hotlog.stores.memory import MemoryStore
from hotlog.stores.ssm.store import SsmStore
from tests.support.parameter_store import Server
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hotlog.stores import Answer

HOUR_S = 3_600


AnyStore = MemoryStore | FileStore | SsmStore


class Kept(NamedTuple):
    """A store, another door to the same place, and a way to put any text there."""

    store: AnyStore
    again: Callable[[], AnyStore]
    put: Callable[[str, str], object]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server().running() as server:
        yield server


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, profile or Region of this machine."""
    for name in (
        "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def use(env: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)


def in_parameter_store(prefix: str) -> Kept:
    import boto3

    client = boto3.client("ssm")
    return Kept(
        SsmStore(prefix),
        lambda: SsmStore(prefix),
        lambda function, text: client.put_parameter(
            Name=f"{prefix}/{function}", Value=text, Type="String", Overwrite=True
        ),
    )


@pytest.fixture(
    params=["memory", "file", "ssm", pytest.param("ssm on ministack", marks=pytest.mark.emulator)]
)
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    if request.param == "memory":
        memory = MemoryStore()
        return Kept(memory, lambda: memory, memory.put)
    if request.param == "file":
        directory = tmp_path / "rules"
        directory.mkdir()
        return Kept(
            FileStore(str(directory)),
            lambda: FileStore(str(directory)),
            lambda function, text: (directory / f"{function}.json").write_text(text),
        )
    fixture = {"ssm": "server", "ssm on ministack": "ministack"}[request.param]
    use(request.getfixturevalue(fixture).env(), monkeypatch)
    return in_parameter_store(f"/hotlog-{time.monotonic_ns()}")


@pytest.fixture
def store(kept: Kept) -> AnyStore:
    return kept.store


def add(name: str, **more: object) -> Callable[[Document], Document]:
    return lambda document: document._replace(entries=(*document.entries, {"id": name, **more}))


def clear(document: Document) -> Document:
    return document._replace(entries=())


def ids(store: AnyStore, function: str = "orders") -> list[str]:
    return [entry["id"] for entry in documents.loads(store.read(function).text).entries]


# --- what all stores promise --------------------------------------------------------------------------------------


def test_what_nobody_wrote_is_missing(store: AnyStore) -> None:
    with pytest.raises(StoreError) as caught:
        store.read("orders")
    assert caught.value.code == "missing"
    assert store.functions() == []


def test_a_first_update_starts_from_an_empty_document_and_makes_version_1(store: AnyStore) -> None:
    seen: list[Document] = []
    before_s = time.time()

    def change(document: Document) -> Document:
        seen.append(document)
        return add("a")(document)

    written = store.update("orders", change)

    answer = store.read("orders")
    assert seen == [Document()]
    assert documents.loads(answer.text) == written
    assert written.key is not None
    assert written._replace(key=None) == Document(entries=({"id": "a"},), base=0)
    assert answer.version == 1
    assert abs(answer.modified - before_s) < HOUR_S


def test_each_write_counts_and_names_the_version_it_had_read(store: AnyStore) -> None:
    for number in range(1, 4):
        written = store.update("orders", add(f"r{number}"))
        assert (written.base, store.read("orders").version) == (number - 1, number)
    assert ids(store) == ["r1", "r2", "r3"]


def test_an_update_that_changes_nothing_writes_nothing(store: AnyStore) -> None:
    store.update("orders", clear)
    assert store.functions() == []
    store.update("orders", add("a"))
    before = store.read("orders")

    assert store.update("orders", lambda document: document) == documents.loads(before.text)
    assert store.read("orders") == before


def test_clearing_keeps_the_document_so_that_versions_go_on(store: AnyStore) -> None:
    store.update("orders", add("a"))

    store.update("orders", clear)

    assert ids(store) == []
    assert store.read("orders").version == 2


def test_what_a_change_does_not_touch_stays_as_it_was(store: AnyStore, kept: Kept) -> None:
    strange = {
        "v": 1, "future": {"x": [1, 2.5, None]}, "base": 0, "paused": True,
        "rules": [{"zeta": 1, "id": "a", "alpha": "ä\u2028\U0001f600\ud800"}, {"no": "id"}, {"id": 7}, {"id": "a"}],
    }  # fmt: skip
    kept.put("orders", json.dumps(strange))

    store.update("orders", add("b"))

    found = json.loads(store.read("orders").text)
    assert found["rules"] == [*strange["rules"], {"id": "b"}]  # type: ignore[misc]
    assert list(found["rules"][0]) == ["zeta", "id", "alpha"]
    assert (found["future"], found["paused"]) == (strange["future"], True)


@pytest.mark.parametrize("message", ["{{not a hole}}", "{{{x}}}", "{{{{", "\\{{x}}", "total={total!r}"])
def test_any_message_can_be_stored(store: AnyStore, message: str) -> None:
    store.update("orders", add("a", message=message))

    assert documents.loads(store.read("orders").text).entries[0]["message"] == message


def test_a_write_prunes_expired_rules(store: AnyStore) -> None:
    store.update("orders", add("gone", expires="2020-01-01T00:00:00Z"))
    store.update("orders", add("here", expires="2120-01-01T00:00:00Z"))

    assert ids(store) == ["here"]


def test_a_change_that_fails_leaves_everything_as_it_was(store: AnyStore) -> None:
    store.update("orders", add("a"))
    before = store.read("orders")

    def fail(_: Document) -> Document:
        raise KeyError

    with pytest.raises(KeyError):
        store.update("orders", fail)
    assert store.read("orders") == before
    store.update("orders", add("b"))
    assert ids(store) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "code"), [("", "document-damaged"), ("{", "document-damaged"), ('{"v":2}', "document-newer")]
)
def test_what_cannot_be_read_is_refused_and_replaced_only_when_kept(
    store: AnyStore, kept: Kept, text: str, code: str
) -> None:
    if not text and isinstance(store, SsmStore):
        text = " "  # Parameter Store takes no empty value
    kept.put("orders", text)
    before = store.read("orders")
    with pytest.raises(StoreError) as caught:
        store.update("orders", add("a"))
    assert caught.value.code == code
    assert store.read("orders") == before

    copies: list[Answer] = []
    store.update("orders", add("a"), keep=copies.append)

    assert copies == [before]
    assert before.text == text
    assert ids(store) == ["a"]
    assert store.read("orders").version == before.version + 1


@pytest.mark.parametrize(
    "name", ["", "..", "../orders", "a/b", "a\\b", "a.b", "a b", "ö", "x" * 65, "a\n", "a:1", "\0"]
)
def test_a_name_that_no_function_can_have_is_refused(store: AnyStore, name: str) -> None:
    for use_it in (lambda: store.read(name), lambda: store.update(name, add("a"))):
        with pytest.raises(StoreError) as caught:
            use_it()
        assert caught.value.code == "bad-function"


def test_functions_are_listed_by_name(store: AnyStore) -> None:
    names = [f"orders-{number:02}" for number in range(12)]
    for name in reversed(names):
        store.update(name, add("a"))

    assert store.functions() == names


def test_a_store_opened_again_holds_the_same(store: AnyStore, kept: Kept) -> None:
    store.update("orders", add("a"))

    again = kept.again()

    assert again.read("orders") == store.read("orders", timeout_ms=2_000)
    assert again.url == store.url
    assert again.functions() == ["orders"]


def test_threads_that_write_at_the_same_time_lose_nothing(kept: Kept) -> None:
    stores = [kept.again() for _ in range(4)]
    for each in stores:  # clients first: the writes shall meet
        each.functions()
    failures: list[HotlogError] = []

    def write(number: int) -> None:
        try:
            for count in range(4):
                stores[number].update("orders", add(f"{number}-{count}"))
                if count % 2:
                    stores[number].update("orders", without(f"{number}-{count}"))
        except HotlogError as fault:
            failures.append(fault)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    assert sorted(ids(kept.store)) == [f"{number}-{count}" for number in range(4) for count in (0, 2)]


def without(name: str) -> Callable[[Document], Document]:
    return lambda document: document._replace(
        entries=tuple(entry for entry in document.entries if entry["id"] != name)
    )


# --- files --------------------------------------------------------------------------------------------------------


def in_process(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *args], cwd=ROOT, text=True, stdout=subprocess.PIPE)


KEEPS_WRITING = """
import sys
from hotlog.stores.file import FileStore
store = FileStore(sys.argv[1])
for number in range(10**6):
    store.update("orders", lambda d: d._replace(entries=({"id": str(number), "note": "x" * 50_000},)))
    if number == 0: print("going", flush=True)
"""


def test_readers_and_later_writers_find_a_whole_document_however_a_writer_dies(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path))
    for _ in range(3):
        with in_process(KEEPS_WRITING, str(tmp_path)) as writer:
            try:
                assert writer.stdout
                writer.stdout.readline()
                give_up_s = time.monotonic() + 0.3
                while time.monotonic() < give_up_s:
                    documents.loads(store.read("orders").text)
            finally:
                writer.kill()
        before = documents.loads(store.read("orders").text)

        after = store.update("orders", add("after"))

        assert after.entries == (*before.entries, {"id": "after"})
        assert after.base == before.base + 1


def test_what_a_dead_writer_left_lying_is_no_function_and_is_cleared_away(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path))
    store.update("orders", add("a"))
    left_over = tmp_path / ".orders.json.4711"
    left_over.write_text("{")
    (tmp_path / "my notes.json").write_text("{}")
    assert store.functions() == ["orders"]

    store.update("orders", add("b"))

    assert ids(store) == ["a", "b"]
    assert not left_over.exists()


DISK_FULL = """
import resource, signal, sys
from hotlog.errors import StoreError
from hotlog.stores.file import FileStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    FileStore(sys.argv[1]).update("orders", lambda d: d._replace(entries=({"id": "b", "note": "x" * 5_000},)))
except StoreError as fault:
    print(fault.code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit that stands for a full disk is POSIX")
def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path))
    store.update("orders", add("a"))

    with in_process(DISK_FULL, str(tmp_path)) as writer:
        assert writer.communicate()[0] == "unreachable\n"

    assert ids(store) == ["a"]


def test_processes_that_write_files_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    told = writers(f"file:{tmp_path}", processes=6, count=6, env={})

    assert_nothing_is_lost(FileStore(str(tmp_path)), told)
    assert FileStore(str(tmp_path)).read("shared").version == 6 * (6 + 3)


def test_bytes_that_are_no_text_are_damage_and_can_be_kept_exactly(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path))
    data = b'{"v":1,"rules":[{"id":"\xff"}]}'
    (tmp_path / "orders.json").write_bytes(data)
    with pytest.raises(StoreError) as caught:
        store.update("orders", add("a"))
    assert caught.value.code == "document-damaged"

    copies: list[Answer] = []
    store.update("orders", add("a"), keep=copies.append)

    assert copies[0].text.encode(errors="surrogateescape") == data


def test_a_file_edited_by_hand_is_seen_to_have_changed(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path))
    store.update("orders", add("a"))
    before = store.read("orders")
    (tmp_path / "orders.json").write_text('{"v": 1, "rules": []}')

    after = store.read("orders")

    assert (after.version, after.modified) != (before.version, before.modified)


def test_a_document_that_no_reader_would_take_is_refused(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path))
    with pytest.raises(StoreError) as caught:
        store.update("orders", add("a", note="x" * 1_100_000))
    assert caught.value.code == "document-too-large"
    assert store.functions() == []


@pytest.mark.parametrize("lock", [hold_lock, lock_file])
def test_a_lock_lets_one_in_at_a_time_and_says_so_when_it_stays_closed(
    tmp_path: Path, lock: Callable[..., AbstractContextManager[None]]
) -> None:
    path = tmp_path / "orders.lock"
    inside: list[int] = []
    most = []

    def work() -> None:
        for _ in range(10):
            with lock(path):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (40, 1)

    with lock(path), pytest.raises(StoreError) as caught, lock(path, patience_s=0.05):
        pass
    assert caught.value.code == "locked"
    assert str(path) in caught.value.message


READS = """
import sys
from hotlog.errors import StoreError
from hotlog.addresses import open_store
store = open_store(sys.argv[1])
try:
    store.read("orders")
except StoreError as fault:
    print(fault.code)
print(*sorted({"ast", "dataclasses", "datetime", "inspect", "logging", "boto3", "botocore", "hotlog.stores.ssm.version_log"} & set(sys.modules)))
"""


def test_reading_files_loads_nothing_heavy(tmp_path: Path) -> None:
    for expected in ("missing\n\n", "\n"):
        with in_process(READS, f"file:{tmp_path}") as reader:
            assert reader.communicate()[0] == expected
        FileStore(str(tmp_path)).update("orders", add("a"))


def test_opening_parameter_store_loads_no_aws_package() -> None:
    code = "import sys; from hotlog.addresses import open_store; open_store('ssm:'); print('botocore' in sys.modules)"
    with in_process(code) as opener:
        assert opener.communicate()[0] == "False\n"


# --- Parameter Store ----------------------------------------------------------------------------------------------


@pytest.fixture
def aws(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    use(server.env(), monkeypatch)
    return server


def leave_to_boto3(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name an endpoint with a path: the reader that does without boto3 goes to no such place."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{server.env()['AWS_ENDPOINT_URL']}/aws")


def puts(server: Server) -> list[dict[str, Any]]:
    return [request for action, request in server.requests if action == "PutParameter"]


def random_text(size: int) -> str:
    """Text that does not compress to less than three quarters of its size."""
    return base64.b85encode(random.Random(1).randbytes(size))[:size].decode()  # noqa: S311  (no secret)


def test_a_function_is_one_parameter_below_the_prefix(aws: Server) -> None:
    for prefix, name in {
        "": "/hotlog/orders",
        "/team/a": "/team/a/orders",
        "team/b/": "/team/b/orders",
    }.items():
        open_store(f"ssm:{prefix}").update("orders", add("a"))
        assert name in aws.store.versions
    assert all(request["Overwrite"] and request["Type"] == "String" for request in puts(aws))


@pytest.mark.parametrize("prefix", ["/", "/aws/x", "/SSM", "/a b", "/a//b", "/ö", "/a:1"])
def test_a_prefix_that_aws_would_refuse_is_refused_at_once(prefix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_store(f"ssm:{prefix}")
    assert caught.value.code == "bad-store"


@pytest.mark.parametrize(
    ("size", "advanced", "tier", "compressed"),
    [(3_000, False, None, False), (4_200, False, None, True), (5_500, True, "Advanced", True)],
)
def test_a_document_takes_the_smallest_form_that_fits(
    aws: Server, size: int, advanced: bool, tier: str | None, compressed: bool
) -> None:
    store = SsmStore(advanced=advanced)
    note = random_text(size) if advanced else random_text(size // 4) * 4

    store.update("orders", add("a", note=note))

    request = puts(aws)[0]
    assert request.get("Tier") == tier
    assert request["Value"].startswith(documents.COMPRESSED_MARK) == compressed
    assert documents.loads(store.read("orders").text).entries[0]["note"] == note
    store.update("orders", clear)
    assert "Tier" not in puts(aws)[1]


@pytest.mark.usefixtures("aws")
def test_rules_that_have_an_advanced_parameter_can_be_removed_one_by_one_by_anybody() -> None:
    """It cannot go back to the standard tier: whoever makes it smaller need not allow what is paid for already."""
    SsmStore(advanced=True).update("orders", add("large", note=random_text(5_000)))
    SsmStore(advanced=True).update("orders", add("small", note="x"))

    SsmStore().update("orders", without("small"))

    assert ids(SsmStore()) == ["large"]


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("size", "advanced"), [(5_500, False), (9_000, True)])
def test_a_document_that_fits_no_form_is_refused_and_the_largest_rules_are_named(
    size: int, advanced: bool
) -> None:
    store = SsmStore(advanced=advanced)
    store.update("orders", add("small"))

    with pytest.raises(StoreError) as caught:
        store.update("orders", add("large", note=random_text(size)))

    assert caught.value.code == "document-too-large"
    for part in ("large (", "hotlog rm", "8192" if advanced else "4096"):
        assert part in caught.value.message
    assert ("--advanced" in caught.value.message) != advanced
    assert ids(store) == ["small"]


@pytest.mark.usefixtures("aws")
def test_the_history_says_who_wrote_what() -> None:
    store = SsmStore()
    for number in range(60):
        store.update("orders", add(f"r{number}"))

    history = store.history("orders")

    assert [version.answer.version for version in history] == list(range(1, 61))
    assert history[0].user == "arn:aws:iam::123456789012:user/ana"
    assert history[-1].answer == store.read("orders")


@pytest.fixture(params=["signed", "boto3"])
def filled(request: pytest.FixtureRequest, aws: Server, monkeypatch: pytest.MonkeyPatch) -> SsmStore:
    """A store with one rule, which reads with its own signer or leaves it to boto3."""
    if request.param == "boto3":
        leave_to_boto3(aws, monkeypatch)
    store = SsmStore()
    store.update("orders", add("a"))
    return store


def test_reads_with_a_deadline_are_one_attempt_each_on_one_connection(filled: SsmStore, aws: Server) -> None:
    store = filled
    before = aws.connections
    for _ in range(5):
        store.read("orders", timeout_ms=20_000)
    assert aws.connections == before + 1

    aws.faults.throttle = 1
    before_count = len(aws.requests)
    with pytest.raises(StoreError) as caught:
        store.read("orders", timeout_ms=20_000)
    assert caught.value.code == "throttled"
    assert len(aws.requests) == before_count


def test_a_read_that_gets_no_answer_ends_with_its_deadline(filled: SsmStore, aws: Server) -> None:
    store = filled
    store.read("orders", timeout_ms=20_000)
    aws.faults.silent_before = 1

    start_s = time.monotonic()
    with pytest.raises(StoreError) as caught:
        store.read("orders", timeout_ms=200)

    assert caught.value.code == "unreachable"
    assert time.monotonic() - start_s < 0.4


def test_boto3_that_hangs_where_it_knows_no_deadline_holds_nobody(
    aws: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking up a name, or asking a container for credentials: the next read begins when that is over."""
    leave_to_boto3(aws, monkeypatch)
    store = SsmStore()
    store.update("orders", add("a"))
    over, real, asked = threading.Event(), socket.getaddrinfo, []

    def look_up(*args: Any) -> Any:
        asked.append(args[0])
        over.wait(20)
        return real(*args)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    for _ in range(3):
        with pytest.raises(StoreError) as caught:
            store.read("orders", timeout_ms=100)
        assert caught.value.code == "unreachable"
    over.set()
    assert store.read("orders", timeout_ms=20_000).version == 1
    assert len(asked) <= 2, "one at a time"


JSON = {"Content-Type": "application/x-amz-json-1.1"}


def refusal(code: str, message: str = "no") -> bytes:
    return json.dumps({"__type": code, "message": message}).encode()


ANSWERS = [
    (400, refusal("ParameterNotFound"), "missing", "hotlog add"),
    (
        400,
        refusal("AccessDeniedException", "not authorized"),
        "denied",
        "ssm:GetParameter on /hotlog/orders",
    ),
    (403, b"", "denied", "IAM"),
    (400, refusal("ThrottlingException"), "throttled", "try again"),
    (400, refusal("TooManyUpdates"), "throttled", "try again"),
    (400, refusal("ExpiredTokenException"), "expired-credentials", "sign in"),
    (403, refusal("ExpiredToken"), "expired-credentials", "sign in"),
    (400, refusal("UnrecognizedClientException"), "bad-credentials", "--profile"),
    (400, refusal("InvalidSignatureException"), "bad-credentials", "keys"),
    (
        400,
        refusal("InvalidSignatureException", "Signature expired: 1 is earlier than 2"),
        "clock-skew",
        "clock",
    ),
    (400, refusal("ValidationException", "odd name"), "refused", "odd name"),
    (500, refusal("InternalServerError"), "unreachable", "try again"),
    (503, b"", "unreachable", "try again"),
    (200, b"<html>", "unreachable", "AWS_ENDPOINT_URL"),
    (200, b"", "unreachable", "AWS_ENDPOINT_URL"),
    (200, b"{}", "unreachable", "AWS_ENDPOINT_URL"),
]


@pytest.mark.parametrize(
    ("special", "status", "body", "code", "says"),
    [
        *(("", *row) for row in ANSWERS),  # read without boto3
        *(("boto3", *row) for row in ANSWERS[::4]),  # with boto3, which takes its time
    ],
)
def test_what_aws_answers_becomes_a_sentence_with_a_way_out(
    aws: Server, status: int, body: bytes, code: str, says: str, special: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if special:
        leave_to_boto3(aws, monkeypatch)
    aws.faults.canned = (status, body, JSON)

    with pytest.raises(StoreError) as caught:
        SsmStore().read("orders", timeout_ms=20_000)

    assert caught.value.code == code
    assert says in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("env", "profile", "code", "says"),
    [
        ({}, "", "no-region", "--region"),
        ({"AWS_REGION": "us-east-1"}, "", "no-credentials", "--profile"),
        ({"AWS_REGION": "us-east-1"}, "nobody", "no-credentials", "nobody"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "", "unreachable", "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "", "unreachable", "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "http://no-such-host.invalid"}, "", "unreachable", "network"),
    ],
)
def test_what_is_wrong_with_the_setup_becomes_a_sentence_with_a_way_out(
    env: dict[str, str], profile: str, code: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    use({**keys, **env} if "AWS_ENDPOINT_URL" in env else env, monkeypatch)

    with pytest.raises(StoreError) as caught:
        SsmStore(profile=profile).read("orders", timeout_ms=20_000)

    assert caught.value.code == code
    assert says in caught.value.message


def test_a_denied_write_says_which_action_and_parameter(aws: Server) -> None:
    store = SsmStore()
    store.update("orders", add("a"))
    aws.denied = {"PutParameter"}

    with pytest.raises(StoreError) as caught:
        store.update("orders", add("b"))

    assert caught.value.code == "denied"
    assert "ssm:PutParameter on /hotlog/orders" in caught.value.message


# --- many processes at the same time ------------------------------------------------------------------------------

Told = list[list[str]]


def writers(url: str, *, processes: int, count: int, env: dict[str, str], kill: bool = False) -> Told:
    """Let processes add and remove rules of one function; what they said, each after the other."""
    script = str(ROOT / "tests" / "support" / "store_writer.py")
    dice = random.Random(3)  # noqa: S311  (when to kill)
    running = [
        subprocess.Popen(
            [
                sys.executable, script, url, "shared", f"p{number}", str(count), str(dice.uniform(5, 50) if kill else 0),
            ],
            cwd=ROOT,
            env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
            text=True,
            stdout=subprocess.PIPE,
        )
        for number in range(processes)
    ]  # fmt: skip
    told: Told = []
    for process in running:
        lines = process.communicate()[0].splitlines()
        told += [json.loads(line) for line in lines if line.endswith("]")]
        assert kill or process.returncode == 0
    return told


def assert_nothing_is_lost(store: AnyStore, told: Told) -> None:
    """Every acknowledged add is there, every acknowledged removal is gone, none twice."""

    def rules(*words: str) -> set[str]:
        return {line[2] for line in told if tuple(line[:2]) == words}

    found = ids(store, "shared")
    assert len(found) == len(set(found))
    assert rules("done", "add") - rules("start", "remove") <= set(found)
    assert not rules("done", "remove") & set(found)
    assert set(found) <= rules("start", "add")


@pytest.mark.emulator
@pytest.mark.parametrize("processes", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_processes_that_write_at_the_same_time_lose_nothing(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    env = request.getfixturevalue("ministack").env()
    use(env, monkeypatch)
    prefix = f"/many-{time.monotonic_ns()}"

    told = writers(f"ssm:{prefix}", processes=processes, count=2, env=env)

    assert not [line for line in told if line[0] == "failed"]
    assert_nothing_is_lost(SsmStore(prefix), told)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "faults", "kill"),
    [
        ("all is well", {}, False),
        ("throttled, failing, slow", {"throttle": 0.2, "fail_after": 0.05, "delay_s": 0.05}, False),
        ("no answer", {"silent_before": 0.01, "silent_after": 0.01, "throttle": 0.1}, False),
        ("killed", {"throttle": 0.1, "fail_after": 0.05, "delay_s": 0.2}, True),
    ],
)
def test_the_full_number_of_writers_loses_nothing_whatever_the_endpoint_does(
    aws: Server, what: str, faults: dict[str, float], kill: bool
) -> None:
    for name, share in faults.items():
        setattr(aws.faults, name, share)

    told = writers("ssm:/hotlog", processes=20, count=10, env=aws.env(), kill=kill)

    for name in faults:
        setattr(aws.faults, name, 0)
    store = SsmStore()
    store.update("shared", lambda document: document)  # anybody's next command
    assert_nothing_is_lost(store, told)
    done = sum(line[0] == "done" for line in told)
    failed = sum(line[0] == "failed" for line in told)
    codes = sorted({line[3] for line in told if line[0] == "failed"})
    bases = [documents.loads(request["Value"]).base for request in puts(aws)]
    behind = [version - base for version, base in enumerate(bases, 1)]
    alone = [version for version, by in enumerate(behind, 1) if by == 1]
    apart = max(high - low for low, high in pairwise(alone))
    figures = f"{len(behind)} writes, at most {max(behind)} behind, {apart} apart"
    print(f"{what}: {done} done, {failed} failed {codes}, {figures}")  # noqa: T201  (shown with -s)
    assert apart < 50
    assert done > (20 if kill else 250)
