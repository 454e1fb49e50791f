# mypy: ignore-errors
"""Shapes of code, each a function without arguments, for what a recording says of them. Each is called for its result or its exception."""

import asyncio
import contextlib
import functools
import types

COUNT = 0
TABLE = {"a": 1, "b": 2}


class Point:
    def __init__(self, x, y=0):
        self.x = x
        self.y = y

    @property
    def sum(self):
        return self.x + self.y

    def move(self, by):
        self.x += by
        self.y -= by
        return self


class Slotted:
    __slots__ = ("n",)

    def __init__(self):
        self.n = 0


@contextlib.contextmanager
def managed(log):
    log.append("in")
    try:
        yield len(log)
    finally:
        log.append("out")


class Manager:
    def __init__(self, swallows):
        self.swallows = swallows

    def __enter__(self):
        return 5

    def __exit__(self, kind, fault, trace):
        return self.swallows


def fails(n):
    if n > 1:
        raise ValueError(n)
    return n


def numbers(n):
    for each in range(n):
        got = yield each
        if got:
            each = got
    return n


def decorated(function):
    @functools.wraps(function)
    def inner(*args):
        result = function(*args)
        return result + 1

    return inner


@decorated
def plus(a, b):
    return a + b


async def later(n):
    await asyncio.sleep(0)
    m = n + 1
    return m


def s_straight():
    a = 1
    b = a + 1
    c = b * 2
    return c


def s_if_else():
    a = 3
    if a > 2:
        b = "big"
    else:
        b = "small"
    if a > 5:
        b = "huge"
    elif a == 3:
        b = "three"
    else:
        b = "other"
    return b


def s_for():
    total = 0
    for each in [1, 2, 3]:
        total += each
    return total


def s_for_else():
    for each in [1, 2]:
        if each == 9:
            break
    else:
        each = -1
    return each


def s_break_continue():
    seen = []
    for each in range(6):
        if each == 1:
            continue
        if each == 4:
            break
        seen.append(each)
    return seen


def s_while():
    n = 3
    while n:
        n -= 1
    return n


def s_while_else():
    n = 2
    while n > 0:
        n -= 1
    else:
        n = 7
    return n


def s_while_true():
    n = 0
    while True:
        n += 1
        if n == 3:
            break
    return n


def s_one_line_while():
    n = 4
    while n > 0:
        n -= 1
    return n


def s_one_line_for():
    t = 0
    for each in range(4):
        t += each
    return t


def s_one_line_if():
    a = 2
    if a == 2:
        a = 5
    return a


def s_semicolons():
    a = 1
    b = 2
    c = a + b
    return c


def s_try_except():
    try:
        fails(2)
    except ValueError as fault:
        text = str(fault)
    else:
        text = "none"
    finally:
        done = True
    return text, done


def s_try_else():
    try:
        n = fails(0)
    except ValueError:
        n = 5
    else:
        n = 6
    return n


def s_finally_return():
    try:
        n = 1
        return n
    finally:
        n = 2


def s_reraise():
    try:
        fails(3)
    except ValueError:
        mark = 1
        raise


def s_raise_from():
    try:
        fails(3)
    except ValueError as fault:
        raise KeyError("k") from fault


def s_nested_try():
    log = []
    for each in range(4):
        try:
            try:
                n = fails(each)
                log.append(n)
            finally:
                log.append("f")
        except ValueError as fault:
            log.append(str(fault))
    return log


def s_except_group():
    try:
        raise ExceptionGroup("g", [ValueError(1), KeyError(2)])
    except* ValueError as group:
        n = len(group.exceptions)
    except* KeyError:
        n = 9
    return n


def s_assert():
    a = 1
    assert a == 1
    try:
        assert a == 2, "no"
    except AssertionError as fault:
        b = str(fault)
    return b


def s_with():
    log = []
    with managed(log) as size:
        log.append(size)
    return log


def s_with_two():
    with Manager(False) as a, Manager(False) as b:
        c = a + b
    return c


def s_with_swallows():
    n = 0
    with Manager(True):
        n = 1
        fails(5)
        n = 2
    return n


def s_with_raises():
    log = []
    with managed(log):
        fails(5)
    return log


def s_match():
    found = []
    for value in (1, "text", [1, 2], {"k": 3}, Point(1, 2), None):
        match value:
            case int(n) if n > 0:
                found.append(n)
            case str():
                found.append("s")
            case [first, *rest]:
                found.append((first, rest))
            case {"k": inner}:
                found.append(inner)
            case Point(x=x):
                found.append(x)
            case _:
                found.append(None)
    return found


def s_walrus():
    items = [1, 2, 3]
    if (n := len(items)) > 2:
        m = n
    while (last := items.pop()) > 1:
        m += last
    return m


def s_ternary():
    a = 5
    b = "big" if a > 3 else "small"
    c = a if a < 3 else -a
    return b, c


def s_bool_ops():
    a, b = 0, 5
    c = a or b
    d = a and b
    e = not a and b > 2
    return c, d, e


def s_chained():
    a = 5
    b = 1 < a < 10
    return b


def s_list_comp():
    squares = [n * n for n in range(4)]
    return squares


def s_comp_filter():
    even = [n for n in range(6) if n % 2 == 0]
    odd = {n for n in range(6) if n % 2}
    table = {n: n * 2 for n in range(3) if n != 1}
    return even, sorted(odd), table


def s_comp_nested():
    pairs = [(a, b) for a in range(3) for b in range(a) if a + b > 1]
    return pairs


def s_comp_calls():
    made = [fails(n) for n in (0, 1)]
    return made


def s_comp_raises():
    return [fails(n) for n in (0, 1, 2)]


def s_genexpr():
    total = sum(n * 2 for n in range(3))
    found = any(n > 1 for n in [0, 1, 2, 3])
    return total, found


def s_comp_lines():
    rows = [n for n in range(4) if n > 1]
    return rows


def s_generator():
    total = 0
    for each in numbers(3):
        total += each
    return total


def s_generator_send():
    made = numbers(3)
    a = next(made)
    b = made.send(7)
    made.close()
    return a, b


def s_generator_throw():
    made = numbers(3)
    next(made)
    try:
        made.throw(KeyError("t"))
    except KeyError as fault:
        text = str(fault)
    return text


def s_yield_from():
    def outer():
        got = yield from numbers(2)
        yield got

    return list(outer())


def s_two_generators():
    first, second = numbers(2), numbers(3)
    pairs = []
    for a, b in zip(first, second):
        pairs.append((a, b))
    return pairs


def s_async():
    async def main():
        a = await later(1)
        b = await later(a)
        return b

    return asyncio.run(main())


def s_async_gather():
    async def main():
        found = await asyncio.gather(later(1), later(2))
        return found

    return asyncio.run(main())


def s_async_for():
    async def stream():
        for n in range(3):
            await asyncio.sleep(0)
            yield n

    async def main():
        total = 0
        async for n in stream():
            total += n
        return total

    return asyncio.run(main())


def s_async_with():
    class Async:
        async def __aenter__(self):
            return 3

        async def __aexit__(self, *fault):
            return False

    async def main():
        async with Async() as n:
            m = n + 1
        return m

    return asyncio.run(main())


def s_recursion():
    def fact(n):
        if n < 2:
            return 1
        less = fact(n - 1)
        return n * less

    return fact(4)


def s_closure():
    n = 0

    def add(by):
        nonlocal n
        n += by
        return n

    add(2)
    add(3)
    return n


def s_global():
    global COUNT
    COUNT = 1
    COUNT += 1
    return COUNT


def s_del():
    a = 1
    b = {"x": 1, "y": 2}
    del a
    del b["x"]
    return b


def s_attributes():
    p = Point(1, 2)
    p.x = 5
    p.y += 3
    q = p.sum
    p.move(2)
    return p.x, p.y, q


def s_slots():
    s = Slotted()
    s.n = 4
    s.n += 1
    return s.n


def s_subscripts():
    d = {}
    d["a"] = 1
    k = "b"
    d[k] = 2
    d["a"] += 5
    rows = [[0, 0], [0, 0]]
    rows[1][0] = 3
    rows[0][1:] = [8, 9]
    return d, rows


def s_unpack():
    a, b = 1, 2
    a, b = b, a
    first, *rest = [1, 2, 3]
    (c, d), e = (4, 5), 6
    for i, (x, y) in enumerate([(1, 2), (3, 4)]):
        z = x * y + i
    return a, b, first, rest, c, d, e, z


def s_many_lines():
    total = 1 + 2 + fails(1)
    made = dict(
        a=total,
        b=[
            1,
            2,
        ],
    )
    return (
        made["a"],
        made["b"],
    )


def s_many_lines_loop():
    n = 0
    while True:
        n = max(
            n + 1,
            0,
        )
        if n > 2:
            break
    return n


def s_lambda():
    double = lambda n: n * 2
    key = sorted([3, 1, 2], key=lambda n: -n)
    return double(4), key


def s_decorated():
    return plus(1, 2)


def s_class_body():
    class Inner:
        a = 1
        b = a + 1

        def get(self):
            return self.b

    return Inner().get()


def s_defaults():
    def f(a, b=2, *args, c=3, **more):
        return a, b, args, c, sorted(more)

    return f(1), f(1, 5, 6, c=7, d=8)


def s_strings():
    name = "ana"
    text = f"{name!r:>8} {len(name)}"
    upper = text.upper()
    return upper


def s_mutation():
    out = []
    out.append(1)
    out.extend([2, 3])
    table = {}
    table.update(a=1)
    table.setdefault("b", []).append(2)
    names = set()
    names.add("x")
    return out, table, sorted(names)


def s_stop_iteration():
    made = iter([1])
    a = next(made)
    try:
        b = next(made)
    except StopIteration:
        b = None
    return a, b


def s_sorted_by_method():
    points = [Point(3), Point(1)]
    points.sort(key=lambda p: p.x)
    return [p.x for p in points]


def s_partial():
    add = functools.partial(plus, 10)
    return add(1)


def s_early_return():
    for a in range(3):
        for b in range(3):
            if a * b == 2:
                return a, b
    return None


def s_exception_in_loop():
    for each in range(5):
        last = fails(each)
    return last


def s_chain_of_calls():
    return Point(1).move(2).move(3).sum


def s_annotated():
    n: int = 1
    m: int
    m = n + 1
    return m


def s_import():
    import math
    from math import floor as down

    return down(math.pi)


def s_none_and_bool():
    a = None
    b = True
    c = a is None
    if a is not None:
        b = False
    return a, b, c


def s_dict_loop():
    found = {}
    for key, value in TABLE.items():
        found[value] = key
    return found


def s_nested_functions():
    def outer(n):
        def inner(m):
            return m + n

        return inner(n) + inner(1)

    return outer(2)


def s_try_in_generator():
    def guarded():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    closed = []
    for each in guarded():
        break
    return each, closed


SHAPES = {name: value for name, value in list(globals().items()) if name.startswith("s_")}
