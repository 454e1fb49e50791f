"""Places as people have them at hand: sixty of them, each with the target it stands for, or what is said instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hotlog.client.adding.places import read_place, resolve_place
from hotlog.client.code.code_trees import Directory
from hotlog.client.code.library import CodeLibrary
from hotlog.errors import LocationError
from tests.support.cli import hotlog, settle_in

APP = """\
import json


def handler(event, context):
    order = json.loads(event["body"])
    return place(order)


def place(order):
    def checked(line):
        return line["sku"]

    return [checked(line) for line in order["lines"]]
"""
TASKS = '''\
class TaskService:
    """Changes tasks."""

    def update_task(self, task, fields):
        before = dict(task)
        task.update(fields)
        return before

    async def close(self):
        self.open = False


def total(tasks):
    return len(tasks)
'''
CART = """\
class Cart:
    def total(self):
        goods = sum(self.prices)
        return goods
"""
FILES = {
    "app.py": APP,
    "services/__init__.py": "",
    "services/task_service.py": TASKS,
    "shop/cart.py": CART,
    "shop/__init__.py": "def create():\n    return 1\n",
    "admin/views.py": "def show():\n    return 'admin'\n",
    "public/views.py": "def show():\n    return 'public'\n",
    "broken.py": "def f(:\n",
}
TASK = "services/task_service.py"
UPDATE = "services.task_service:TaskService.update_task"
TRACEBACK = """\
[ERROR] KeyError: 'quantity'
Traceback (most recent call last):
  File "/var/task/app.py", line 6, in handler
    return place(order)
  File "/var/task/app.py", line 13, in place
    return [checked(line) for line in order["lines"]]
  File "/var/lang/lib/python3.13/json/__init__.py", line 346, in loads
    return _default_decoder.decode(s)
"""
CHAINED = """\
Traceback (most recent call last):
  File "/var/task/services/task_service.py", line 6, in update_task
    task.update(fields)
    ~~~~~~~~~~~^^^^^^^^
TypeError: 'int' object is not iterable

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/home/ana/orders/app.py", line 5, in handler
    order = json.loads(event["body"])
"""
REPORT = json.dumps(
    {
        "errorMessage": "'sku'",
        "stackTrace": ['  File "/var/task/app.py", line 11, in checked\n    return line["sku"]\n'],
    }
)
MOVED = 'File "/var/task/app.py", line 99, in place\n    return [checked(line) for line in order["lines"]]'

# What is at hand -> the target.
TAKEN = [
    # as hotlog has it
    ("app.py:6", "app.py:6"),
    ("app:handler", "app:handler"),
    (f"{TASK}:5", f"{TASK}:5"),
    (UPDATE, UPDATE),
    ("app.py:/return place/", "app.py:/return place/"),
    # tracebacks of Lambda, lines of them, all of them
    ("/var/task/services/task_service.py:5", f"{TASK}:5"),
    ('File "/var/task/app.py", line 6', "app.py:6"),
    ('  File "/var/task/app.py", line 6, in handler', "app.py:6"),
    ('File "/var/task/app.py", line 6, in handler\n    return place(order)', "app.py:6"),
    (TRACEBACK, "app.py:13"),
    (CHAINED, "app.py:5"),
    (REPORT, "app.py:11"),
    (MOVED, "app.py:13"),
    ('File "/opt/python/services/task_service.py", line 6, in update_task', f"{TASK}:6"),
    # ends of paths, and paths that end in a file of the code
    ("task_service.py:5", f"{TASK}:5"),
    ("./services/task_service.py:5", f"{TASK}:5"),
    ("src/services/task_service.py:5", f"{TASK}:5"),
    ("/home/ana/work/orders/services/task_service.py:5", f"{TASK}:5"),
    ("/home/ana/my orders/services/task_service.py:5", f"{TASK}:5"),
    (r"C:\Users\ana\orders\services\task_service.py:5", f"{TASK}:5"),
    (r"services\task_service.py:5", f"{TASK}:5"),
    ("../app.py:5", "app.py:5"),
    ("cart.py:3", "shop/cart.py:3"),
    ("backend/shop/cart.py:3", "shop/cart.py:3"),
    ("admin/views.py:2", "admin/views.py:2"),
    ("src/public/views.py:2", "public/views.py:2"),
    # as compilers, editors, linters, greps and debuggers write a line
    ("app.py:6:3", "app.py:6"),
    ("app.py:6-9", "app.py:6"),
    ("app.py:6: in handler", "app.py:6"),
    ("app.py:6: KeyError", "app.py:6"),
    ("app.py:6:    return place(order)", "app.py:6"),
    ("app.py(6)", "app.py:6"),
    ("/var/task/app.py(6)handler()", "app.py:6"),
    ("app.py, line 6", "app.py:6"),
    ("app.py line 6", "app.py:6"),
    ('"app.py", line 6, in handler', "app.py:6"),
    ("handler (app.py:6)", "app.py:6"),
    ("`app.py:6`", "app.py:6"),
    ("at app.py:6", "app.py:6"),
    ("app.py#L6", "app.py:6"),
    ("app.py#6", "app.py:6"),
    ("app.py:L6", "app.py:6"),
    ("in app.py:6.", "app.py:6"),
    ("app.py:6:", "app.py:6"),
    ("self.update_task", UPDATE),
    ("https://git.example/team/orders/blob/main/services/task_service.py#L5-L7", f"{TASK}:5"),
    ("app.py:6 handler", "app.py:6"),
    ("app:6", "app.py:6"),
    ("services.task_service:5", f"{TASK}:5"),
    ("task_service:5", f"{TASK}:5"),
    # functions
    ("app.handler", "app:handler"),
    ("update_task", UPDATE),
    ("update_task()", UPDATE),
    ("TaskService.update_task", UPDATE),
    ("TaskService.update_task()", UPDATE),
    ("services.task_service.TaskService.update_task", UPDATE),
    ("src.services.task_service.TaskService.update_task", UPDATE),
    ("task_service:TaskService.update_task", UPDATE),
    ("services/task_service.py:TaskService.update_task", UPDATE),
    ("services/task_service.py::TaskService::update_task", UPDATE),
    ("shop/cart.py:total", "shop.cart:Cart.total"),
    ("shop/cart.py:Cart.total", "shop.cart:Cart.total"),
    ("def update_task(self, task, fields):", UPDATE),
    ("async def close(self):", "services.task_service:TaskService.close"),
    ("place.<locals>.checked", "app:place.checked"),
    ("shop.create", "shop:create"),
    # text
    ("task_service.py:/task.update/", f"{TASK}:/task.update/"),
    ("/task.update(fields)/", f"{TASK}:6"),
]
# What fits several places -> these are listed.
SEVERAL = [
    ("views.py:2", ("admin/views.py:2", "public/views.py:2")),
    ("show", ("admin.views:show", "public.views:show")),
    ("total", ("services.task_service:total", "shop.cart:Cart.total")),
    ("views.show", ("admin.views:show", "public.views:show")),
    ("/return '/", ("admin/views.py:2", "public/views.py:2")),
]
# What fits nothing is refused, and the answer names what is missing.
UNKNOWN = [
    ("nowhere.py:5", "no-such-file"),
    ("/var/lang/lib/python3.13/json/decoder.py:355", "no-such-file"),
    ("/opt/python/requests/api.py:59", "no-such-file"),
    ('{"stackTrace": ["  File \\"/opt/python/requests/api.py\\", line 59, in get\\n"]}', "no-such-file"),
    ("nobody", "no-such-function"),
    ("Cart.nobody", "no-such-function"),
    ("app.py:nobody", "no-such-function"),
    ("shop/cart.py::nobody", "no-such-function"),
    ("app.py:0", "bad-target"),
    ("app", "bad-target"),
    ("app:nobody", "no-such-function"),
    ("app.py:99", "line-not-executable"),
    ("what is this", "bad-target"),
    ("app.py", "bad-target"),
    ("broken.py:1", "source-unreadable"),
]


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    for name, text in FILES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)


def test_there_are_sixty_of_them() -> None:
    assert len({words for words, _ in TAKEN}) == len(TAKEN) >= 60


@pytest.mark.parametrize(("words", "target"), TAKEN)
def test_a_place_that_fits_once_is_taken_and_that_is_said(words: str, target: str) -> None:
    found = resolve_place(words, Directory(Path()), CodeLibrary())

    assert found.at == target
    assert bool(found.note) is (words != target)
    assert target in found.note or not found.note


@pytest.mark.parametrize(("words", "target"), TAKEN)
def test_add_takes_it_too(words: str, target: str) -> None:
    ran = hotlog("add", "orders", words, "--local", "--json")

    assert ran.code == 0, ran.err
    assert (f"note: taking {target}" in ran.err) is (words != target)
    stored = json.loads(ran.out)["at"]
    assert stored == target or (":/" in target and stored.startswith(target.partition(":")[0]))


@pytest.mark.parametrize(("words", "targets"), SEVERAL)
def test_several_are_listed_and_none_is_taken(words: str, targets: tuple[str, ...]) -> None:
    with pytest.raises(LocationError) as caught:
        resolve_place(words, Directory(Path()), CodeLibrary())

    assert caught.value.code == "ambiguous-place"
    assert [target for target in targets if target not in caught.value.message] == []


@pytest.mark.parametrize(("words", "code"), UNKNOWN)
def test_what_fits_nothing_is_refused_with_what_would_do(words: str, code: str) -> None:
    ran = hotlog("add", "orders", words, "--local")

    assert ran.code in {1, 2}
    assert f"[{code}]" in ran.err
    assert not Path(".hotlog").exists()


def test_the_innermost_frame_of_a_traceback_that_is_own_code_is_taken() -> None:
    found = resolve_place(TRACEBACK, Directory(Path()), CodeLibrary())

    assert "the innermost of 3 frames that lies in this code" in found.note


def test_a_traceback_of_other_code_is_refused() -> None:
    text = 'File "/opt/a.py", line 1, in f\nFile "/opt/b.py", line 2, in g\n'
    with pytest.raises(LocationError, match="none of the 2 frames"):
        resolve_place(text, Directory(Path()), CodeLibrary())


@pytest.fixture(name="asked")
def _asked() -> list[str]:
    return [
        "\x00",
        "(" * 5_000,
        ":" * 5_000,
        "a." * 5_000 + "b",
        "File " * 5_000,
        'File "' * 2_000,
        "é" * 9_999,
    ]


def test_a_text_of_any_shape_is_read_in_no_time(asked: list[str]) -> None:
    for text in asked:
        assert len(read_place(text)) <= 1


@pytest.mark.parametrize(
    "ending", [".cpython-313-aarch64-linux-gnu.so", ".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so"]
)
@pytest.mark.parametrize("target", ["fastm.py:2", "fastm:calc"])
def test_a_compiled_module_beside_its_source_is_named(
    ending: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("fastm.py").write_text("def calc(x):\n    return x\n")
    Path("other.so").touch()
    kind = ("--call",) if ":calc" in target else ("{x}",)
    plain = hotlog("add", "orders", target, *kind, "--local", "--dry-run")
    assert "lies beside" not in plain.err
    Path(f"fastm{ending}").touch()
    said = " ".join(hotlog("add", "orders", target, *kind, "--local", "--dry-run").err.split())
    assert f"fastm{ending} lies beside fastm.py" in said
