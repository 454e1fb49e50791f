"""Values of other people's libraries, through a probe: their types and shapes, and nothing of theirs runs.

What is lazy stays so: no query is sent, nothing is translated, no setting is set up. pandas is large, so it is no part of the
extra `dev`: with `pip install pandas`, `pytest -m heavy` runs its part too.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.capture.snapshot import capture
from hotlog.config import Config
from hotlog.expressions import grammar
from hotlog.expressions.evaluate import HitScope, evaluate
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.redact import Redaction
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

APP = """
def handle(v):
    kept = v  # <kept>
    return kept

def fails(v):
    raise ValueError(v)  # <fails>
"""
# Whatever a rule may ask of a value that it does not know.
EXPRESSIONS = """
    v | v.name | v.id | v.customer | v.customer.name | v.customer_id | v.orders | v.query | v.model | v.objects | v.pk | v.label | v.DEBUG | v.shape | v.dtype | v.columns | v.index | v.values | v.value | v._meta | v._wrapped | v._result_cache
    v[0] | v['a'] | v[0:2] | len(v) | not v | v and 1 | 1 if v else 2 | v == 1 | 1 == v | v == v | v != 'x' | v < 1 | v in [1] | 1 in v | 'x' in v | [i for i in v] | [a for a, b in v] | {v: 1} | {v} | [v] == [v] | (v, 1) < (v, 2)
    v + 1 | 1 + v | v + v | 'x' + v | v * 2 | v & v | v | v | -v | str(v) | repr(v) | int(v) | float(v) | bool(v) | abs(v) | round(v) | list(v) | set(v) | dict(v) | sum(v) | sorted(v) | max(v) | any(v) | all(v) | ','.join(v) | ','.join([v])
    isinstance(v, str) | hasattr(v, 'name') | hasattr(v, 'nope') | type(v) | type(v).__name__ | v is None | v.items() | v.keys() | v.get('a') | v.count(1) | v.upper() | v.split() | v.isoformat() | 'x'.startswith(v) | 'x'.replace('x', v)
""".replace("\n", " | ")
PARSED = [grammar.parse(text.strip()) for text in EXPRESSIONS.split(" | ") if text.strip()]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Probed]:
    with Probed(tmp_path, APP) as probed:
        yield probed


def shown(app: Probed, value: object) -> Any:
    """What a snapshot of a function that handles the value shows of it, as it stands in the log."""
    open_ended: dict[str, Any] = {"limit": None, "per_second": None}
    app.apply(
        hotlog.Rule(id="s", at=app.sample.at("kept"), snapshot=True, stack=1, **open_ended),
        hotlog.Rule(id="m", at=app.sample.at("kept"), message="{v} {v!r} {v:.2f} {[v]}", watch={"n": "len(v)"}, **open_ended),
        hotlog.Rule(id="c", at=app.at("handle"), kind="call", **open_ended),
        hotlog.Rule(id="t", at=app.at("handle"), kind="trace", **open_ended),
        hotlog.Rule(id="e", at=app.at("fails"), kind="error", **open_ended),
        hotlog.Rule(id="n", at=app.sample.at("kept"), kind="metric", metric="M", value="v", dimensions={"d": "v"}, **open_ended),
    )  # fmt: skip
    app.events.clear()
    assert app.invoke(lambda: app.module.handle(value)) is value
    assert isinstance(app.invoke(lambda: app.module.fails(value)), ValueError)
    kinds = {event["rule"] for event in app.events if event["hotlog"] not in {"status", "counts"}}
    assert kinds >= {"s", "m", "c", "t", "e"}
    for event in app.events:
        line = json.dumps(event, allow_nan=False, separators=(",", ":"))
        assert len(line) <= limits.EVENT_MAX_BYTES
    return next(event["vars"]["v"] for event in app.events if event["rule"] == "s" and "vars" in event)


def ask(value: object) -> dict[str, object]:
    """The answers to all expressions that have one."""
    reader = Reader(Redaction(Config()), readable=lambda _: True)
    found: dict[str, object] = {}
    for parsed in PARSED:
        with contextlib.suppress(Unavailable):
            found[parsed.text] = capture(
                evaluate(parsed, HitScope({"v": value}), reader.for_hit()), reader.for_hit()
            )
    return found


@pytest.mark.process
def test_none_of_them_is_imported_to_know_its_values() -> None:
    look = """
import sys
from hotlog.reading import reader as read, tables; from hotlog.capture import snapshot
from hotlog.redaction.redact import Redaction
from hotlog.config import Config
reader = read.Reader(Redaction(Config()), readable=lambda _: True)
print(snapshot.capture([1j, range(3), ValueError(), Config()], reader.for_hit()))
print(sorted({"django", "numpy", "pandas", "sqlalchemy"} & sys.modules.keys()))
"""
    ran = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    assert ran.stdout.endswith("\n[]\n")


# --- Django ------------------------------------------------------------------------------------------------------


class Shop:
    """Models of Django, a row of each in a database in memory, and what was asked of either.

    Attributes:
        ran: statements that were sent, and methods of the application's that ran.
    """

    def __init__(self) -> None:
        from django.conf import settings
        from django.db import connection, models

        if not settings.configured:
            settings.configure(
                DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "PASSWORD": "hunter2"}},
                SECRET_KEY="hunter2",  # noqa: S106  # made up, to be looked for
                LOGGING_CONFIG=None, USE_I18N=False,
            )  # fmt: skip
        import django

        django.setup()
        self.ran: list[str] = []
        tell = self.ran.append

        class Customer(models.Model):  # type: ignore[misc]
            name = models.CharField(max_length=50)
            password = models.CharField(max_length=50)

            class Meta:
                app_label = "shop"

            def __str__(self) -> str:
                tell("__str__")
                return "a customer"

            @property
            def label(self) -> str:
                tell("property")
                return self.name  # type: ignore[no-any-return]

        class Order(models.Model):  # type: ignore[misc]
            customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")

            class Meta:
                app_label = "shop"

            def __str__(self) -> str:
                tell("__str__")
                return "an order"

        self.Customer, self.Order, self.connection = Customer, Order, connection
        with connection.schema_editor() as editor:
            editor.create_model(Customer)
            editor.create_model(Order)
        Order.objects.create(customer=Customer.objects.create(name="Ana", password="hunter2"))  # noqa: S106  # the same
        connection.execute_wrappers.append(self._sent)

    def _sent(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        self.ran.append(sql)
        return execute(sql, *rest)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


def evaluated(query: Any) -> Any:
    list(query)
    return query


def translated(shop: Shop) -> Any:
    from django.utils.functional import lazystr

    class Text:
        def __str__(self) -> str:
            shop.ran.append("translated")
            return "Hallo"

    return lazystr(Text())


def lazy_user(shop: Shop) -> Any:
    from django.utils.functional import SimpleLazyObject

    return SimpleLazyObject(shop.Customer.objects.get)


def request(shop: Shop) -> Any:
    from django.http import HttpRequest

    made = HttpRequest()
    made.user = lazy_user(shop)
    made.META = {"HTTP_AUTHORIZATION": "Bearer hunter2", "PATH": "/"}
    return made


def settings() -> Any:
    from django.conf import settings

    return settings


def condition() -> Any:
    from django.db.models import F, Q

    return [Q(name="Ana") | Q(id=F("id")), F("name") + 1]


LAZY: dict[str, Callable[[Shop], Any]] = {
    "a query that was not sent": lambda shop: shop.Customer.objects.filter(name="Ana"),
    "a query of values": lambda shop: shop.Order.objects.values_list("customer__name"),
    "a slice of a query": lambda shop: shop.Customer.objects.all()[:5],
    "a query that was sent": lambda shop: evaluated(shop.Customer.objects.all()),
    "a row": lambda shop: shop.Customer.objects.get(),
    "a row with most of it left out": lambda shop: shop.Customer.objects.only("id").get(),
    "a row whose relation was not read": lambda shop: shop.Order.objects.get(),
    "a row whose relation was read": lambda shop: shop.Order.objects.select_related("customer").get(),
    "a row that is in no database": lambda shop: shop.Order(),
    "a manager": lambda shop: shop.Customer.objects,
    "a manager of a relation": lambda shop: shop.Customer.objects.get().orders,
    "a model": lambda shop: shop.Customer,
    "a translation": translated,
    "a user that is looked up when asked for": lazy_user,
    "a request": request,
    "settings": lambda _shop: settings(),
    "a connection": lambda shop: shop.connection,
    "a cursor": lambda shop: shop.connection.cursor(),
    "a condition": lambda _shop: condition(),
}


@pytest.mark.parametrize("name", LAZY)
def test_nothing_that_django_has_put_off_is_done_for_a_rule(app: Probed, shop: Shop, name: str) -> None:
    value = LAZY[name](shop)
    shop.ran.clear()
    seen = shown(app, value)
    answers = ask(value)
    assert shop.ran == []
    assert "hunter2" not in json.dumps([app.events, seen, answers])


def test_what_django_has_read_is_shown(app: Probed, shop: Shop) -> None:
    row = shown(app, shop.Customer.objects.get())
    assert {"name": row["name"], "password": row["password"], "id": row["id"]} == {
        "name": "Ana",
        "password": "@redacted",
        "id": 1,
    }
    partly = shop.Order.objects.get()
    assert shown(app, partly)["customer_id"] == 1
    shop.ran.clear()
    assert ask(partly)["v.customer_id"] == 1
    assert "v.customer.name" not in ask(partly)
    assert ask(shop.Customer.objects.get())["v.name"] == "Ana"
    left_out = shop.Customer.objects.only("id").get()
    shop.ran.clear()
    assert "v.name" not in ask(left_out)
    assert shop.ran == []


# --- pandas ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pandas() -> Any:
    return pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")


def telling(pandas: Any, ran: list[str]) -> Any:
    """A table with a column of an application's own type, in a class of its own, all of whose methods tell."""

    class Price:
        def __getattribute__(self, name: str) -> Any:
            ran.append(name)
            return object.__getattribute__(self, name)

    class Table(pandas.DataFrame):  # type: ignore[misc]
        armed = False

        def __getattribute__(self, name: str) -> Any:
            if type(self).armed:
                ran.append(name)
            return super().__getattribute__(name)

    made = Table({"price": [Price(), Price()], "n": [1, 2]})
    Table.armed = True
    return made


# (made from pandas, shape, type of its elements)
TABLES: dict[str, tuple[Callable[[Any], Any], list[int], object]] = {
    "a table of numbers": (lambda pd: pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]}), [3, 2], "<i8"),
    "a table of several types": (lambda pd: pd.DataFrame({"a": [1], "b": [1.5], "c": [True]}), [1, 3], ["<f8", "<i8", "|b1"]),
    "an empty table": (lambda pd: pd.DataFrame(), [0, 0], None),
    "a large table": (lambda pd: pd.DataFrame({"a": range(3_000_000)}), [3_000_000, 1], "<i8"),
    "many columns": (lambda pd: pd.DataFrame([[0] * 2_000]), [1, 2_000], "<i8"),
    "a table with two levels of index": (lambda pd: pd.DataFrame({"a": [1, 2], "b": [3, 4], "c": [5, 6]}).set_index(["a", "b"]), [2, 1], "<i8"),
    "a column": (lambda pd: pd.Series([1.5, 2.5]), [2], "<f8"),
    "a column of objects": (lambda pd: pd.Series([object(), object()]), [2], "|O"),
    "a column of categories": (lambda pd: pd.Series(["a", "b", "a"], dtype="category"), [3], "CategoricalDtype"),
    "a column of text": (lambda pd: pd.Series(["a", "b"], dtype="string[python]"), [2], "StringDtype"),
    "a column of times": (lambda pd: pd.Series(pd.date_range("2026", periods=4, tz="UTC")), [4], "DatetimeTZDtype"),
    "a column of numbers that may be missing": (lambda pd: pd.Series([1, None], dtype="Int64"), [2], "<i8"),
    "a row": (lambda pd: pd.DataFrame({"a": [1], "b": [2]}).iloc[0], [2], "<i8"),
    "an index of a range": (lambda pd: pd.DataFrame({"a": [1, 2]}).index, [2], None),
    "an index of numbers": (lambda pd: pd.Index([5, 6, 7]), [3], "<i8"),
    "an index of times": (lambda pd: pd.date_range("2026", periods=2, tz="UTC"), [2], "DatetimeTZDtype"),
    "an index of several levels": (lambda pd: pd.MultiIndex.from_tuples([(1, 2), (3, 4)]), [2], None),
    "an index of categories": (lambda pd: pd.CategoricalIndex(["a", "b"]), [2], "CategoricalDtype"),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_pandas_shows_its_shape_and_types(app: Probed, pandas: Any, name: str) -> None:
    make, shape, dtype = TABLES[name]
    value = make(pandas)
    seen = shown(app, value)
    assert seen.pop("@type").startswith("pandas.")
    assert seen == {"shape": shape} | ({"dtype": dtype} if dtype is not None else {})
    answers = ask(value)
    assert answers["len(v)"] == shape[0]
    assert not answers.keys() & {"v + 1", "v[0]", "v == 1", "not v", "[i for i in v]", "str(v)", "sum(v)"}


@pytest.mark.heavy
def test_no_code_of_a_table_runs(app: Probed, pandas: Any) -> None:
    ran: list[str] = []
    value = telling(pandas, ran)
    ran.clear()
    seen = shown(app, value)
    ask(value)
    assert ran == []
    assert seen["shape"] == [2, 2]


@pytest.mark.heavy
def test_scalars_of_pandas_show_what_they_are(app: Probed, pandas: Any) -> None:
    assert shown(app, pandas.Timestamp("2026-01-02"))["@value"] == "2026-01-02T00:00:00"
    assert shown(app, pandas.NaT)["@value"] == "NaT"
    assert shown(app, pandas.Timedelta(1, "D"))["@value"] == "1 day, 0:00:00"
