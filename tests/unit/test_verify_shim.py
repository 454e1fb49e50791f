"""The shim's answer to `attach --verify`: to the one question, in any process where the shim lives, and to no other."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import time
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from hotlog.client.attaching import attachment

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

WRAPPER = Path(__file__).parents[2] / "wrapper" / "packages"
TOKEN = "k7Jx_-2b"  # noqa: S105  # good for nothing


@pytest.fixture(name="shim")
def _shim() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hotlog_verify", WRAPPER / "hotlog_verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(name="attached")
def _attached(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Attach with `TOKEN`, for so many seconds from now."""

    def attach(seconds: int) -> None:
        word = attachment.verify_word(TOKEN, int(time.time()) + seconds)
        monkeypatch.setenv(
            attachment.MARK, f"arn:aws:lambda:eu-west-1:1:layer:hotlog AWS_LAMBDA_EXEC_WRAPPER {word}"
        )
        monkeypatch.setenv("HOTLOG_HANDLER", "app.handler")

    return attach


def question(token: object = TOKEN) -> dict[str, Any]:
    return {"hotlog": {"verify": token}}


def test_without_a_token_the_handler_is_handed_on_as_it_is(
    shim: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def handler(event: object, _context: object) -> object:
        return event

    for mark in ("", "arn AWS_LAMBDA_EXEC_WRAPPER", "arn verify=", "arn verify=:12"):
        monkeypatch.setenv(attachment.MARK, mark)
        assert shim.answer_verification(handler) is handler
    monkeypatch.delenv(attachment.MARK)
    assert shim.answer_verification(handler) is handler
    assert capsys.readouterr().out == ""


def test_the_token_is_answered_where_hotlog_stepped_aside_too(
    shim: ModuleType, attached: Callable[[int], None]
) -> None:
    def handler(_event: object, _context: object) -> object:
        raise AssertionError("the handler ran")

    attached(0)
    bare = shim.answer_verification(handler)(question(), None)["hotlog"]
    assert (bare["state"], bare["code"], bare["handler"]) == ("aside", "not-wrapped", "app.handler")
    foreign = shim.answer_verification(handler, "foreign-hotlog", "it has its own")(question(), None)[
        "hotlog"
    ]
    assert (foreign["state"], foreign["code"], foreign["reason"]) == (
        "aside",
        "foreign-hotlog",
        "it has its own",
    )
    assert json.loads(json.dumps(foreign)) == foreign


class OddDict(dict[str, Any]):
    """What a test passes and Lambda never does."""


@pytest.mark.parametrize(
    "payload",
    [
        None,
        TOKEN,
        [TOKEN],
        {},
        {"hotlog": TOKEN},
        {"hotlog": None},
        {"hotlog": []},
        {"verify": TOKEN},
        {"hotlog": {}},
        question(""),
        question(TOKEN + "x"),
        question(TOKEN[:-1]),
        question(TOKEN.upper()),
        question(None),
        question([TOKEN]),
        question(1),
        question("\ud800"),
        question("é" * 10),
        {**question(), "id": 7},
        {"hotlog": {"verify": TOKEN, "id": 7}},
        OddDict(question()),
    ],
    ids=repr,
)
def test_any_other_payload_is_the_handlers(
    shim: ModuleType, attached: Callable[[int], None], payload: object
) -> None:
    attached(0)
    got: list[tuple[object, object]] = []

    def handler(event: object, context: object) -> str:
        got.append((event, context))
        return "answer"

    assert shim.answer_verification(handler)(payload, "context") == "answer"
    [(event, context)] = got
    assert event is payload
    assert context == "context"


def test_no_frame_of_the_shim_is_in_the_traceback(shim: ModuleType, attached: Callable[[int], None]) -> None:
    def handler(_event: object, _context: object) -> object:
        raise KeyError("stage")

    attached(0)
    wrapped = shim.answer_verification(handler)
    with pytest.raises(KeyError) as caught:
        wrapped({}, None)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[1:] == ["handler"]  # the first is this test's own


def test_the_frame_of_the_shim_is_not_counted(shim: ModuleType, attached: Callable[[int], None]) -> None:
    def handler(_event: object, _context: object) -> str:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.warn("of its caller", stacklevel=2)
        return caught[0].filename

    attached(0)
    assert handler({}, None) == shim.answer_verification(handler)({}, None) == __file__


def test_a_handler_of_any_class_is_asked_for_nothing(
    shim: ModuleType, attached: Callable[[int], None]
) -> None:
    class Handler:
        asked: ClassVar[list[str]] = []

        def __getattribute__(self, name: str) -> object:
            self.asked.append(name)  # it may as well never come back
            return super().__getattribute__(name)

        def __call__(self, event: object, _context: object) -> object:
            return event

    attached(60)
    asked = Handler.asked = []
    answered = shim.answer_verification(Handler(), "foreign-hotlog", "it has its own")
    assert answered({"id": 7}, None) == {"id": 7}
    assert answered(question(), None)["hotlog"]["code"] == "foreign-hotlog"
    assert asked == []


def test_a_clock_that_raises_lets_no_question_through(
    shim: ModuleType, attached: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> float:
        raise SystemExit

    attached(60)
    monkeypatch.setattr(time, "time", broken)
    answered = shim.answer_verification(lambda event, _context: event)
    assert answered(question(), None)["hotlog"]["state"] == "aside"


def test_a_start_tells_about_itself_for_a_while(
    shim: ModuleType, attached: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    attached(60)
    shim.answer_verification(lambda event, _context: event, "foreign-hotlog", "it has its own")
    told = json.loads(capsys.readouterr().out)
    assert (told["hotlog"], told["attach"], told["code"]) == ("started", TOKEN, "foreign-hotlog")
    attached(-1)
    shim.answer_verification(lambda event, _context: event)
    assert capsys.readouterr().out == ""


def test_a_closed_log_and_a_damaged_layer_do_not_end_a_start(
    shim: ModuleType, attached: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Damaged:
        def verification(self) -> dict[str, object]:
            raise ModuleNotFoundError("hotlog.interpreter.supported")

    def handler(event: object, _context: object) -> object:
        return event

    handler.__hotlog__ = Damaged()  # type: ignore[attr-defined]
    attached(60)
    assert shim.answer_verification(handler)(1, None) == 1
    monkeypatch.setattr("sys.stdout", None)
    assert shim.answer_verification(handler)(1, None) == 1


def test_an_older_copy_of_hotlog_works_and_tells_no_more(
    shim: ModuleType, attached: Callable[[int], None]
) -> None:
    def handler(event: object, _context: object) -> object:
        return event

    handler.__hotlog__ = object()  # type: ignore[attr-defined]
    attached(0)
    answered = shim.answer_verification(handler)(question(), None)["hotlog"]
    assert (answered["state"], answered["code"], answered["version"]) == ("working", "own-copy", "")


def test_a_handler_that_hotlog_has_wrapped_tells_how_it_does(
    shim: ModuleType, attached: Callable[[int], None], tmp_path: Path
) -> None:
    import hotlog
    from hotlog.runtime.closing import close

    attached(0)
    wrapped = hotlog.wrap(lambda event, _context: event, store=f"file:{tmp_path}")
    try:
        answered = shim.answer_verification(wrapped)(question(), None)["hotlog"]
        assert shim.answer_verification(wrapped)({"id": 7}, None) == {"id": 7}
    finally:
        close(wrapped)
    assert answered["state"] == "working"
    assert answered["version"] == hotlog.__version__
    assert answered["backend"] == "recompile"
    assert answered["code"] == ""


def test_an_exception_that_refuses_attributes_passes_the_shim_as_it_is(
    shim: ModuleType, attached: Callable[[int], None]
) -> None:
    @dataclasses.dataclass(frozen=True)
    class Frozen(Exception):  # noqa: N818
        code: int

    def handler(_event: object, _context: object) -> None:
        raise Frozen(7)

    attached(600)
    with pytest.raises(Frozen) as caught:
        shim.answer_verification(handler)({}, None)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names == [test_an_exception_that_refuses_attributes_passes_the_shim_as_it_is.__name__, "handler"]
