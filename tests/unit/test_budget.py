"""Whatever a rule asks for, and of whatever values: a hit ends soon, in its time, with the reason."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import json
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from hotlog import limits
from hotlog.capture.snapshot import capture_vars
from hotlog.config import Config
from hotlog.expressions import grammar
from hotlog.expressions.evaluate import HitScope, evaluate
from hotlog.reading.budget import Budget
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.redact import Redaction

if TYPE_CHECKING:
    from collections.abc import Callable

PROMISED_MS = 10  # of the thread's own time, for all expressions of a hit
READER = Reader(Redaction(Config(secrets=("correct horse", "9" * 5_000))), readable=lambda _: True)


def shared(levels: int) -> Any:
    """A tuple of ten to the power of `levels` elements, all one and the same."""
    made: Any = (1,)
    for _ in range(levels):
        made = (made,) * 10
    return made


def nested(levels: int) -> Any:
    made: list[Any] = []
    for _ in range(levels):
        made = [made]
    return made


class Owned:
    """An object of the application's own."""


def owned(fields: int) -> Owned:
    made = Owned()
    made.__dict__.update((f"k{n}", n) for n in range(fields))
    return made


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    return {
        "big": list(range(10_000_000)), "many": set(range(1_000_000)), "keys": {str(n): n for n in range(300_000)}, "huge": 10**1_000_000,
        "huges": [10**300_000] * 10_000, "deep": nested(10_000), "shared": shared(28), "words": ["w" * 190] * 10_000, "texts": ["a=b;" * 2_000] * 10_000,
        "long": "x" * 100_000_000, "raw": bytes(100_000_000), "form": "a=b;" * 100_000, "small": list(range(9_000)), "colliding": [(2**61 - 1) * n for n in range(10_000)],
        "nearly": [f"w{n} " * 30 for n in range(9_900)], "pairs": ["a=b;" * 49] * 9_900, "raws": [b"a=b;" * 49] * 9_900, "named": {f"k{n}": "a=b;" * 49 for n in range(9_900)},
        "same_hash": [(2**61 - 1) * n for n in range(3_300)], "same_hashes": {(2**61 - 1) * n for n in range(3_300)}, "same_keys": {(2**61 - 1) * n: 1 for n in range(3_300)},
        "halves": {n + 0.5: n for n in range(150_000)}, "raw_keys": {b"k%d" % n * 30: n for n in range(150_000)}, "dates": {dt.date.fromordinal(n + 1): n for n in range(150_000)}, "most_keys": {f"k{n}": n for n in range(159_000)},
        "option": ["-" + "x" * 10_000_000, 1], "long_key": {"x" * 10_000_000: 1, ("y" * 10_000_000, 1): 2, "name": "z" * 10_000_000, "value": 3}, "numbers": [4_111_111_111_110_000 + n for n in range(9_900)],
        "fields": SimpleNamespace(**{f"k{n}": n for n in range(49_000)}), "owned": owned(49_000), "mid": "a=b;" * 1_500, "exact": decimal.Decimal("1" * 1_000_000), "exacts": [decimal.Decimal("1" * 100_000)] * 1_000, "wide": SimpleNamespace(**{f"k{n}": n for n in range(300_000)}),
    }  # fmt: skip


COSTLY = """
sorted(big)|sum(big)|max(big)|min(big)|big == big|big + big|big[:]|big[1:9000000]|5000000 in big|list(big)|set(big)|tuple(big)|str(big)|repr(big)|[x for x in big]|any(x > 10**9 for x in big)|all(x < y for x in small for y in small)
sum(x*y*x*y*x*y for x in small for y in small)|[[y for y in small] for x in small]|{x: [x] for x in big}|many == many|max(many)|sorted(many)|keys == keys|keys.values()|keys.items()|keys['5']|dict(keys)|sorted(keys)|sorted(small, reverse=True)|{x for x in colliding}|set(colliding)
huge + 1|huge * huge|huge // 7|huge ** 2|huge << 9|str(huge)|repr(huge)|int(str(huge))|huge == huge|huge < 5|{huge: 1}|huge in {1: 2}|round(huge, -50)|abs(huge)|float(huge)|sorted(huges)|max(huges)|set(huges)|[x for x in huges]|huge in huges|(2 ** 300) ** 3|10 ** 99 * 10 ** 99
deep == deep|str(deep)|sorted(deep)|deep in deep|shared == shared|str(shared)|{shared}|shared in [shared]|sorted([shared, shared])|''.join(words)|','.join(str(x) for x in small)|sorted(words)|max(words)|['zz' in w for w in words]|[w.upper() for w in words]|[w + w for w in words]
[t for t in texts]|['a' in t for t in texts]|[len(t) for t in texts]|sorted(texts)|''.join(texts)|texts == texts|long + long|long.upper()|long.split('x')|long == 'x'|'y' in long|long[5:]|raw.hex()|raw.decode()|raw == raw|form.split('=')|form.replace('a', form)|form == 'x'|form[5]
exact + 1|exact * exact|exact / 3|exact > 5|exact == exact|str(exact)|int(exact)|float(exact)|sorted(exacts)|max(exacts)|sum(exacts)|wide.k5|wide.nope|hasattr(wide, 'nope')
nearly == 5|nearly.index('a')|str(nearly)|min(nearly)|pairs == 5|pairs.index('b')|repr(pairs)|raws == 5|named == 5|named.items()|named.values()|dict(named)|numbers == 5|sorted(numbers)|set(same_hash)|same_hashes == same_hashes|same_hashes & same_hashes|same_hashes - same_hashes
{1}.union(same_hash)|{1}.issubset(same_hash)|same_hashes.union(same_hash)|same_keys == same_keys|dict([(n, 1) for n in same_hash])|{n: 1 for n in same_hash}|{n for n in same_hash}|set([(n,) for n in same_hash])|sorted([same_hashes, same_hashes])|max([same_hashes, same_hashes])
halves[1.5]|1.5 in halves|raw_keys[b'1']|b'1' in raw_keys|dates['a']|most_keys['k5']|'k5' in most_keys|most_keys.get('zz', 1)|option[0]|option == 5|[x for x in option]|long_key['a']|long_key == 5|long_key.items()|long_key['value']|'a' in long_key
[1].index(same_hash)|[nearly].index(same_hash)|fields.k5|fields.value|owned.k5|owned.value|hasattr(owned, 'nope')|[o.k5 for o in [owned, owned, owned, owned, owned, owned, owned, owned]]|mid == 'x'|[mid, mid, mid, mid] == 1|mid.split('=')|mid.replace('=', mid)|[mid, mid, mid].index(mid)
"""
COSTLY_TEXTS = [text.strip() for row in COSTLY.strip().splitlines() for text in row.split("|")]


def quickest_ms(work: Callable[[], object], goal_ms: float) -> float:
    """The thread's own time, the best of some tries: other processes share the machine, and fill its caches."""
    took_ms = float("inf")
    for _ in range(12):
        start = time.thread_time()
        work()
        took_ms = min(took_ms, (time.thread_time() - start) * 1_000)
        if took_ms < goal_ms:
            break
    return took_ms


@pytest.mark.parametrize("text", COSTLY_TEXTS)
def test_an_expression_ends_in_under_ten_milliseconds_whatever_it_asks_for(
    values: dict[str, Any], text: str
) -> None:
    parsed, scope = grammar.parse(text), HitScope(values)

    def work() -> object:
        try:
            return evaluate(parsed, scope, READER.for_hit())
        except Unavailable as why:
            return why.reason

    assert quickest_ms(work, PROMISED_MS) < PROMISED_MS


def test_many_cheap_looks_take_no_longer_than_a_dear_one(values: dict[str, Any]) -> None:
    """No loop, no long text: each of them alone would never ask for the time."""
    parsed = grammar.parse(f"[{', '.join(['pairs[0]'] * 120)}]")

    def work() -> None:
        reader = READER.for_hit()
        for _ in range(limits.WATCHES_MAX):
            with contextlib.suppress(Unavailable):
                evaluate(parsed, HitScope(values), reader)

    assert quickest_ms(work, PROMISED_MS) < PROMISED_MS


def test_a_snapshot_of_all_of_it_ends_in_its_time(values: dict[str, Any]) -> None:
    events: list[Any] = []
    goal_ms = limits.HIT_MAX_MS * 1.2
    assert quickest_ms(lambda: events.append(capture_vars(values, READER.for_hit())), goal_ms) < goal_ms
    for name, value in values.items():
        assert quickest_ms(lambda value=value: capture_vars({"v": value, "w": [value]}, READER.for_hit()), goal_ms) < goal_ms, name  # type: ignore[misc]  # fmt: skip
    assert len(json.dumps(events[-1])) < limits.EVENT_MAX_BYTES


def test_what_was_left_when_the_time_was_over_says_so() -> None:
    late = READER.for_hit(-1)
    shown = capture_vars({"text": "x" * 600, "list": [[1]], "n": 5}, late)
    assert shown == {"text": {"@cut": "time", "@len": 600}, "list": [{"@cut": "time"}], "n": 5}


def test_a_process_that_is_paused_has_not_cost_what_it_did_not_run() -> None:
    """With little memory Lambda gives a function a part of a processor: it stands still for most of the time."""
    wall_ns, own_ns = [0], [0]
    budget = Budget(clock=lambda: wall_ns[0], own_clock=lambda: own_ns[0])
    wall_ns[0] = 10**12
    budget.spend(1)
    assert not budget.late
    own_ns[0] += limits.EXPRESSION_MAX_MS * 1_000_000 // 2
    assert not budget.late
    with pytest.raises(Unavailable, match="too long"):
        budget.spend(1)
    own_ns[0] = limits.HIT_MAX_MS * 1_000_000 // 2
    assert budget.late


def test_what_python_says_of_a_large_value_is_not_looked_through() -> None:
    """`list.index` prints what it has not found, until Python 3.13: looking for secrets in that took 17 ms."""
    values = {"names": [{}], "key": "x" * 5_000}
    with pytest.raises(Unavailable) as caught:
        evaluate(grammar.parse("names.index(key)"), HitScope(values), READER.for_hit())
    assert len(caught.value.reason) < 100
    assert caught.value.reason.startswith("ValueError: ")
