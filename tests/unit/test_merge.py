"""Concurrent writers of one parameter: no acknowledged change is lost, none that was taken back returns.

The place has versions and no conditional write. Writers stop between any two requests, are killed there, get no answer
to a write that was made, or was not, or is made later; hypothesis draws the order. Then anybody runs one more command.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hotlog import limits
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import BY_HAND, Document
from hotlog.stores import Answer
from hotlog.stores.ssm import version_log
from tests.support.parameter_store import ParameterStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.stores.edit import Change

T = TypeVar("T")
NAME = "/hotlog/orders"
FOREVER = 10**9


# --- changes, as the commands make them ---------------------------------------------------------------------------


def add(name: str, note: str = "") -> Change:
    return lambda document: document._replace(entries=(*document.entries, {"id": name, "note": note}))


def remove(name: str) -> Change:
    return lambda document: document._replace(
        entries=tuple(entry for entry in document.entries if entry["id"] != name)
    )


def edit(name: str, note: str) -> Change:
    return lambda document: document._replace(
        entries=tuple({**entry, "note": note} if entry["id"] == name else entry for entry in document.entries)
    )


def pause(to: bool) -> Change:
    return lambda document: document._replace(paused=to)


def nothing(document: Document) -> Document:
    return document


def notes(document: Document) -> dict[str, str]:
    ids = [entry["id"] for entry in document.entries]
    assert len(ids) == len(set(ids)), "a rule stands twice"
    return {entry["id"]: entry["note"] for entry in document.entries}


@dataclass
class Parameter:
    """The model's one parameter, as `version_log.update_parameter` needs it."""

    store: ParameterStore = field(default_factory=ParameterStore)
    max_bytes: int = 4096

    def get(self) -> Answer | None:
        return self.store.get(NAME) if NAME in self.store.versions else None

    def history(self) -> list[Answer]:
        return self.store.history(NAME)

    def text_of(self, document: Document) -> str:
        text = documents.dumps(document)
        if len(text) > self.max_bytes:
            raise StoreError("document-too-large", f"{len(text)} bytes")
        return text

    def put(self, text: str) -> int:
        return self.store.put(NAME, text)

    def stored(self) -> Document:
        answer = self.get()
        return documents.loads(answer.text) if answer else Document()


def run(parameter: version_log.Parameter, change: Change) -> Document:
    return version_log.update_parameter(parameter, change, sleep=lambda _: None)


# --- writers that take turns --------------------------------------------------------------------------------------


class Killed(BaseException):
    """The writer's process is gone."""


@dataclass
class Operation:
    """One command of a writer, when it ran, and what became of it."""

    kind: str
    name: str
    value: str
    start: int = 0
    end: int = FOREVER
    acknowledged: bool = False
    could_matter: bool = False  # a run of it changed something
    mattered: bool = False  # its last run did

    def change(self, document: Document) -> Document:
        change = {
            "add": add(self.name, self.value),
            "remove": remove(self.name),
            "edit": edit(self.name, self.value),
            "pause": pause(self.value == "yes"),
        }[self.kind]
        after = change(document)
        self.mattered = after != document
        self.could_matter |= self.mattered
        return after


class Writer(threading.Thread):
    """A process that runs commands one after the other, one request at a time when it is its turn."""

    def __init__(self, world: World, operations: list[Operation]) -> None:
        super().__init__(daemon=True)
        self.world = world
        self.operations = operations
        self.turn = threading.Semaphore(0)
        self.parked = threading.Semaphore(0)
        self.fault = "none"
        self.gone = False

    def run(self) -> None:
        try:
            self._wait()
            for operation in self.operations:
                operation.start = self.world.clock
                try:
                    run(self, operation.change)
                    operation.acknowledged = True
                except StoreError:
                    continue  # told to the user: it may have happened or not
                operation.end = self.world.clock
        except Killed:
            pass
        self.gone = True
        self.parked.release()

    def go(self, fault: str) -> None:
        """Let it make one request."""
        self.fault = fault
        self.turn.release()
        self.parked.acquire()

    def _wait(self) -> None:
        self.parked.release()
        self.turn.acquire()
        if self.fault == "kill":
            raise Killed

    def get(self) -> Answer | None:
        return self._asked(self.world.parameter.get)

    def history(self) -> list[Answer]:
        return self._asked(self.world.parameter.history)

    def text_of(self, document: Document) -> str:
        return self.world.parameter.text_of(document)

    def put(self, text: str) -> int:
        return self._asked(lambda: self.world.parameter.put(text))

    def _asked(self, request: Callable[[], T]) -> T:
        self._wait()
        fault = self.fault
        if fault == "storm":
            self.world.storm()
        if fault == "throttled":
            raise StoreError("throttled", fault)
        if fault == "lost":
            raise StoreError("unreachable", fault)
        if fault == "late":
            self.world.late.append(request)
            raise StoreError("unreachable", fault)
        answer = request()
        if fault == "kill after":
            raise Killed
        if fault == "unanswered":
            raise StoreError("unreachable", fault)
        if fault == "twice":  # the client sent it again by itself, and others may come in between
            self._wait()
            answer = request()
        return answer


@dataclass
class World:
    """The parameter, the writers, the requests still under way, and the time in requests."""

    parameter: Parameter = field(default_factory=Parameter)
    late: list[Callable[[], object]] = field(default_factory=list)
    clock: int = 0

    def play(self, writers: list[Writer], schedule: list[tuple[int, str]]) -> None:
        for writer in writers:
            writer.start()
            writer.parked.acquire()
        for who, fault in self._endless(schedule):
            waiting = [writer for writer in writers if not writer.gone]
            if not waiting:
                break
            self.clock += 1
            if self.late and who % 7 == 0:
                self.late.pop(0)()
            waiting[who % len(waiting)].go(fault)
        for request in self.late:
            request()

    def storm(self) -> None:
        """Others write so often in between that the writer's base is too old to count."""
        for _ in range(limits.WRITE_BEHIND_MAX // 2 + 1):
            run(self.parameter, add("storm"))
            run(self.parameter, remove("storm"))

    @staticmethod
    def _endless(schedule: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        yield from schedule
        for number in range(20_000):
            yield number, "none"
        raise AssertionError("the writers do not come to an end")


def final_values(operations: list[Operation]) -> set[str]:
    """What a value may be at the end: of each write that no acknowledged one came wholly after."""
    return {
        one.value
        for one in operations
        if one.could_matter
        and not any(
            other.acknowledged and other.mattered and other.start > one.end
            for other in operations
            if other is not one
        )
    }


# A rule's name says who adds it, so each is added once; anybody edits and removes any.
WRITERS = range(4)
RULES = [f"{writer}{number}" for writer in WRITERS for number in range(2)]


@st.composite
def plans(draw: st.DrawFn) -> list[list[Operation]]:
    counter = iter(range(10_000))
    plan = []
    for writer in WRITERS[: draw(st.integers(2, len(WRITERS)))]:
        own = [Operation("add", f"{writer}{number}", "") for number in range(2)]
        others = draw(
            st.lists(
                st.one_of(
                    st.builds(lambda name: Operation("remove", name, ""), st.sampled_from(RULES)),
                    st.builds(
                        lambda name: Operation("edit", name, f"n{next(counter)}"), st.sampled_from(RULES)
                    ),
                    st.builds(lambda to: Operation("pause", "", to), st.sampled_from(["yes", "no"])),
                ),
                max_size=3,
            )
        )
        plan.append(draw(st.permutations([*own, *others])))
    return plan


MILD = ("throttled", "unanswered", "lost", "twice", "storm")


def schedules(*faults: str) -> st.SearchStrategy[list[tuple[int, str]]]:
    fault = st.one_of(st.just("none"), st.just("none"), st.sampled_from(faults))
    return st.lists(st.tuples(st.integers(0, 50), fault), max_size=150)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans(), schedule=schedules(*MILD, "kill", "kill after", "late"))
@pytest.mark.long
def test_after_the_next_command_no_acknowledged_change_is_lost_and_none_returns(
    plan: list[list[Operation]], schedule: list[tuple[int, str]]
) -> None:
    world = World()
    world.play([Writer(world, operations) for operations in plan], schedule)

    run(world.parameter, nothing)  # anybody's next command

    check(world.parameter.stored(), [operation for operations in plan for operation in operations])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans(), schedule=schedules(*MILD))
@pytest.mark.long
def test_writers_that_live_need_no_further_command(
    plan: list[list[Operation]], schedule: list[tuple[int, str]]
) -> None:
    world = World()
    world.play([Writer(world, operations) for operations in plan], schedule)
    operations = [operation for operations in plan for operation in operations]
    assume(all(operation.acknowledged for operation in operations))

    check(world.parameter.stored(), operations)


def check(document: Document, operations: list[Operation]) -> None:
    found = notes(document)
    for name in RULES:
        of_it = [operation for operation in operations if operation.name == name]
        added = [operation for operation in of_it if operation.kind == "add"]
        removals = [operation for operation in of_it if operation.kind == "remove" and operation.could_matter]
        if any(removal.acknowledged and removal.mattered for removal in removals):
            assert name not in found, "a removed rule returned"
        elif any(operation.acknowledged for operation in added) and not removals:
            assert name in found, "an added rule is lost"
        if name in found:
            assert found[name] in final_values([one for one in of_it if one.kind in {"add", "edit"}])
    pauses = [operation for operation in operations if operation.kind == "pause"]
    begin = Operation("pause", "", "no", start=-1, end=-1, could_matter=True)
    assert ("yes" if document.paused else "no") in final_values([begin, *pauses])


# --- the log, case by case ----------------------------------------------------------------------------------------

DAMAGED = "{"
NEWER = '{"v": 999}'


def written(base: int, rules: str) -> str:
    """A document, from rules such as `a1 b2`: an id and a note, one letter each."""
    return documents.dumps(
        Document(entries=tuple({"id": rule[0], "note": rule[1]} for rule in rules.split()), base=base)
    )


@pytest.mark.parametrize(
    ("what", "history", "holds"),
    [
        ("one after the other", [(0, "a1"), (1, "a1 b1"), (2, "b1")], "b1"),
        ("both add", [(0, "a1"), (0, "b1")], "a1 b1"),
        ("one adds, one removes", [(0, "a1 b1"), (1, "a1 b1 c1"), (1, "b1")], "b1 c1"),
        ("both remove", [(0, "a1 b1 c1"), (1, "b1 c1"), (1, "a1 c1")], "c1"),
        ("both edit: the last holds", [(0, "a1"), (1, "a2"), (1, "a3")], "a3"),
        ("removed, then edited unseen", [(0, "a1 b1"), (1, "b1"), (1, "a2 b1")], "b1"),
        ("edited, then removed unseen", [(0, "a1"), (1, "a2"), (1, "")], ""),
        ("both add the same id: the first holds", [(0, ""), (1, "a1"), (1, "a2")], "a1"),
        ("an add sent twice, removed in between", [(0, "b1"), (1, "a1 b1"), (2, "b1"), (1, "a1 b1")], "b1"),
        ("a removal sent twice, added in between", [(0, "a1"), (1, ""), (2, "a1"), (1, "")], "a1"),
        ("an edit sent twice, edited in between", [(0, "a1"), (1, "a2"), (2, "a3"), (1, "a2")], "a3"),
        ("a repair that came too late", [(0, "a1"), (0, "b1"), (2, "b1"), (2, "a1 b1")], "b1"),
        ("a damaged version changes nothing", [(0, "a1"), DAMAGED, (1, "a1 b1")], "a1 b1"),
        ("nobody saw the damage", [(0, "a1"), (1, "a1 c1"), DAMAGED, (1, "a1 b1")], "a1 c1 b1"),
        ("written by hand", [(0, "a1"), (1, "a1 c1"), (BY_HAND, "b1")], "b1"),
        ("deleted and made anew", [(41, "a1")], "a1"),
        (
            "three at a time",
            [(0, "a1"), (1, "a1 b1"), (1, "a1 c1"), (1, "d1"), (4, "b1 c1 d1 e1")],
            "b1 c1 d1 e1",
        ),
    ],
)
def test_the_log_says_which_rules_hold(what: str, history: list[tuple[int, str] | str], holds: str) -> None:
    texts = [one if isinstance(one, str) else written(*one) for one in history]
    log = version_log.Log()

    log.learn(Answer(text, number, 0.0) for number, text in enumerate(texts, 1))

    found = version_log.document_of(log.replay().rules[len(texts)], base=0)
    assert " ".join(entry["id"] + entry["note"] for entry in found.entries) == holds, what


def test_a_change_that_comes_too_late_to_mean_the_same_to_everybody_changes_nothing() -> None:
    for version, base in ((61, 3), (200, 200 - limits.WRITE_BEHIND_MAX - 1)):
        log = version_log.Log()
        log.learn([Answer(written(version - 2, "a1 b1"), version - 1, 0.0)])
        log.learn([Answer(written(base, "b1 c1"), version, 0.0)])

        assert notes(version_log.document_of(log.replay().rules[version], base=0)) == {"a": "1", "b": "1"}


@pytest.mark.parametrize(
    "writes",
    [limits.WRITE_BEHIND_MAX - 1, limits.WRITE_BEHIND_MAX, limits.WRITE_BEHIND_MAX + 1, 99, 100, 150],
)
def test_a_writer_that_falls_far_behind_still_gets_its_change_in_and_brings_nothing_back(writes: int) -> None:
    parameter = Interrupted()
    run(parameter, add("old"))
    run(parameter, add("edited"))

    def storm() -> None:
        calm = Parameter(parameter.store)
        run(calm, remove("old"))
        for number in range(writes - 1):
            run(calm, edit("edited", f"{number}"))

    parameter.between = storm
    run(parameter, add("late"))
    run(parameter, nothing)

    assert notes(parameter.stored()) == {"edited": f"{writes - 2}", "late": ""}


# --- one writer, case by case -------------------------------------------------------------------------------------


@dataclass
class Interrupted(Parameter):
    """Runs `between` once, after the first read and before the write that follows."""

    between: Callable[[], object] | None = None

    def put(self, text: str) -> int:
        between, self.between = self.between, None
        if between:
            between()
        return super().put(text)


def interrupted(*before: str, by: Callable[[ParameterStore], object], max_bytes: int = 4096) -> Interrupted:
    """A parameter with these versions, and somebody who comes in between."""
    parameter = Interrupted(max_bytes=max_bytes)
    for text in before:
        parameter.store.put(NAME, text)
    parameter.between = lambda: by(parameter.store)
    return parameter


def test_a_write_that_nobody_disturbs_is_one_read_and_one_write() -> None:
    parameter = Parameter()
    run(parameter, add("a"))

    document = run(parameter, add("b"))

    assert notes(document) == {"a": "", "b": ""}
    assert document == parameter.stored()
    assert [answer.version for answer in parameter.history()] == [1, 2]
    assert document.base == 1


def test_a_change_that_changes_nothing_writes_nothing() -> None:
    parameter = Parameter()
    run(parameter, nothing)
    assert parameter.get() is None
    run(parameter, add("a"))

    run(parameter, remove("b"))

    assert len(parameter.history()) == 1


def test_the_next_command_repairs_a_gap_though_its_own_change_changes_nothing() -> None:
    parameter = Parameter()
    for text in (written(0, "a1"), written(1, "a1 b1"), written(1, "a1 c1")):
        parameter.put(text)

    run(parameter, nothing)

    assert notes(parameter.stored()) == {"a": "1", "b": "1", "c": "1"}


def test_a_removal_is_written_though_a_gap_has_hidden_the_rule() -> None:
    parameter = Parameter()
    parameter.put(written(0, "a1"))
    parameter.put(written(0, "b1"))  # its writer has yet to put a1 back

    run(parameter, remove("a"))
    parameter.put(written(2, "a1 b1"))  # and does it now
    run(parameter, nothing)

    assert notes(parameter.stored()) == {"b": "1"}


def test_an_id_that_somebody_else_added_first_is_refused_and_theirs_stays() -> None:
    parameter = interrupted(written(0, ""), by=lambda store: store.put(NAME, written(1, "a1 b1")))

    with pytest.raises(StoreError) as caught:
        run(parameter, add("a", "2"))

    assert caught.value.code == "id-taken"
    assert "a" in caught.value.message
    assert notes(parameter.stored()) == {"a": "1", "b": "1"}


def test_where_two_changes_do_not_fit_together_the_second_is_taken_back() -> None:
    one = written(1, "a1")
    parameter = interrupted(written(0, ""), by=lambda store: store.put(NAME, one), max_bytes=len(one) + 2)

    with pytest.raises(StoreError) as caught:
        run(parameter, add("b", "2"))

    assert caught.value.code == "document-too-large"
    assert notes(parameter.stored()) == {"a": "1"}


@pytest.mark.parametrize(("text", "code"), [(DAMAGED, "document-damaged"), (NEWER, "document-newer")])
def test_what_cannot_be_read_is_not_overwritten(text: str, code: str) -> None:
    parameter = Parameter()
    parameter.put(text)

    with pytest.raises(StoreError) as caught:
        run(parameter, add("a"))

    assert caught.value.code == code
    assert [answer.text for answer in parameter.history()] == [text]


@pytest.mark.parametrize("text", [DAMAGED, NEWER])
def test_what_cannot_be_read_is_kept_and_then_replaced_where_that_is_asked_for(text: str) -> None:
    parameter, kept = Parameter(), list[Answer]()
    parameter.put(text)

    document = version_log.update_parameter(parameter, add("a"), keep=kept.append)

    assert [(answer.text, answer.version) for answer in kept] == [(text, 1)]
    assert notes(parameter.stored()) == {"a": ""}
    assert document.base == 1


def test_a_newer_document_that_came_in_between_is_reported_and_left_to_a_newer_hotlog() -> None:
    parameter = interrupted(written(0, "a1"), by=lambda store: store.put(NAME, NEWER))

    with pytest.raises(StoreError) as caught:
        run(parameter, add("b"))

    assert caught.value.code == "document-newer"
    assert parameter.stored().base == 1  # the gap that tells the newer one what to repair


@dataclass
class Lagging(Parameter):
    """Shows each write only after some reads, as a store of several machines may."""

    lag: int = 3
    reads: int = 0

    def get(self) -> Answer | None:
        self.reads += 1
        versions = self.store.versions.get(NAME, [])
        return versions[-1] if self.reads % self.lag == 0 else (versions[-2] if len(versions) > 1 else None)


def test_reads_that_lag_behind_lose_nothing() -> None:
    parameter = Lagging()

    for name in "abcdef":
        run(parameter, add(name))

    assert sorted(notes(documents.loads(parameter.history()[-1].text))) == list("abcdef")


def test_a_parameter_that_is_deleted_under_the_writer_ends_in_a_sentence() -> None:
    parameter = interrupted(written(0, "a1"), written(1, "a1 b1"), by=lambda store: store.versions.clear())
    pauses: list[float] = []

    with pytest.raises(StoreError) as caught:
        version_log.update_parameter(parameter, add("c"), sleep=pauses.append)

    assert caught.value.code == "contended"
    assert "may have been stored" in caught.value.message
    assert sum(pauses) < 30


def test_a_write_prunes_what_has_expired() -> None:
    parameter = Parameter()
    entries = (
        {"id": "old", "expires": "2026-11-23T11:00:00Z"},
        {"id": "new", "expires": "2026-11-23T13:00:00+00:00"},
        {"id": "odd", "expires": "tomorrow"},
        {"id": "none"},
    )
    noon_s = 1_795_435_200.0  # 2026-11-23T12:00:00Z

    document = version_log.update_parameter(
        parameter, lambda _: Document(entries=entries), now=lambda: noon_s
    )

    assert [entry["id"] for entry in document.entries] == ["new", "odd", "none"]
