"""What people and agents type between the statements of a function, and the rules that it becomes.

A row: what is typed above the line `# here`; the rules, in order, by the fields that are no defaults; what is not taken,
each as part of its sentence; what of it is only there for the log lines.
"""

from __future__ import annotations

from typing import Any, NamedTuple

AROUND = """
import logging
logger = logging.getLogger(__name__)

class Service:
    def run(self, order, items, a, b, x):
        total = 0
        # here
        total += order.total
        return total
"""


class Row(NamedTuple):
    typed: str
    rules: tuple[dict[str, Any], ...] = ()
    refused: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()


def say(message: str, **more: Any) -> dict[str, Any]:
    return {"message": message, **more}


def level(name: str, message: str, **more: Any) -> dict[str, Any]:
    return {"message": message, "watch": {"typed_level": repr(name)}, **more}


SNAPSHOT: dict[str, Any] = {"snapshot": True}
STATEMENTS: tuple[Row, ...] = (
    Row("print(a)", (say("{a}"),)),
    Row("print(a); print(b)", (say("{a}"), say("{b}"))),
    Row("print(\n    'a',\n    a,  # why\n)", (say("a {a}"),)),
    Row("logger.debug('a %s', a)", (level("DEBUG", "a {a}"),)),
    Row("logger.info('a')", (level("INFO", "a"),)),
    Row("logger.warning('a')", (level("WARNING", "a"),)),
    Row("logger.warn('a')", (level("WARNING", "a"),)),
    Row("logger.error('a')", (level("ERROR", "a"),)),
    Row("logger.critical('a')", (level("CRITICAL", "a"),)),
    Row("logging.info('a %s', a)", (level("INFO", "a {a}"),)),
    Row("logger.log(logging.WARNING, 'a %s', a)", (level("WARNING", "a {a}"),)),
    Row("self.logger.info('a')", (level("INFO", "a"),)),
    Row("self._log.info('a')", (level("INFO", "a"),)),
    Row("app.current_logger.info(f'{a}')", (level("INFO", "{a}"),)),
    Row("logging.getLogger('x').info('a')", (level("INFO", "a"),)),
    Row("logger.exception('failed')", (level("ERROR", "failed"),)),
    Row("logger.info('a', stack_info=True)", (level("INFO", "a", stack=8),)),
    Row("logger.bind(a=a).info('x')", (level("INFO", "x a={a!r}"),)),
    Row("import structlog\nlog = structlog.get_logger()\nlog.info('paid', a=a)", (level("INFO", "paid a={a!r}"),), (), ("import structlog", "log = structlog.get_logger()")),
    Row("import logging as lg\nlg.getLogger().setLevel('DEBUG')\nlg.debug(a)", (level("DEBUG", "{a}"),), (), ("import logging as lg", "lg.getLogger().setLevel('DEBUG')")),
    Row("from loguru import logger as log\nlog.success('a {}', a)", (level("SUCCESS", "a {a}"),), (), ("from loguru import logger as log",)),
    Row("breakpoint()", (SNAPSHOT,)),
    Row("import pdb; pdb.set_trace()", (SNAPSHOT,), (), ("import pdb",)),
    Row("print(locals())", (SNAPSHOT,)),
    Row("from pprint import pprint\npprint(locals())", (SNAPSHOT,), (), ("from pprint import pprint",)),
    Row("print('here', locals())", (say("here", snapshot=True),)),
    Row("import traceback\ntraceback.print_stack()", ({"stack": 8},), (), ("import traceback",)),
    Row("assert a > 0, f'a is {a}'", (say("a is {a}", condition="not a > 0"),)),
    Row("assert a", (say("assert a", condition="not a"),)),
    Row("sep = '|'\nprint(a, b, sep=sep)", (say("{a}|{b}"),), (), ("sep = '|'",)),
    Row("print(a, b, sep=x)", (), ("what stands between the values is known when it runs only",)),
    Row("logger.info('  a %s ', a)", (level("INFO", "  a {a} "),)),
    Row("logger.log(a, 'm')", (level("INFO", "m"),)),
    Row("logger.log(25, 'm')", (level("Level 25", "m"),)),
    Row("logger.info(msg='m')", (level("INFO", "m"),)),
    Row("logger.bind(a=a).bind(b=b).info('x')", (level("INFO", "x a={a!r} b={b!r}"),)),
    Row("logger.info('m', extra={'a': a, **x})", (level("INFO", "m a={a!r} {x}"),)),
    Row("logger.info('m', extra={a: b})", (level("INFO", "m {a}={b!r}"),)),
    Row("logger.info({**x, 'a': a})", (level("INFO", "{x} a={a!r}"),)),
    Row("logger.info('m', **x)", (level("INFO", "m {x}"),)),
    Row("logger.info('m', **locals())", (level("INFO", "m", snapshot=True),)),
    Row("logger.info(f'{a} %s', b)", (), ("a format that is made when it runs",)),
    Row("logger.info('a' + ' %s', b)", (level("INFO", "a {b}"),)),
    Row("logger.info('%s %s', a, *items)", (), ("the values are known when it runs only",)),
    Row("from loguru import logger as log\nlog.info('{} of {name}', a, name=b, more=x)", (level("INFO", "{a} of {b} more={x!r}"),), (), ("from loguru import logger as log",)),
    Row("from loguru import logger as log\nlog.info('100 % {}', a)", (level("INFO", "100 % {a}"),), (), ("from loguru import logger as log",)),
    Row("try:\n    print(a)\nexcept Exception as e:\n    print(e)\nelse:\n    print('else')\nfinally:\n    print('end')", (say("{a}"), say("else"), say("end")), ("what a rule logs raises nothing",)),
    Row("print(a := b)\nprint(a)", (), ("an assignment (`:=`)", "`a` is what your edit makes of it")),
    Row("log = logger.bind(a=a)\nlog.info('paid')", (level("INFO", "paid"),), (), ("log = logger.bind(a=a)",)),
    Row("if a > 10:\n    print(a)", (say("{a}", condition="a > 10"),)),
    Row("if a > 10: print(a)", (say("{a}", condition="a > 10"),)),
    Row("if a:\n    print('yes')\nelse:\n    print('no')", (say("yes", condition="a"), say("no", condition="not a"))),
    Row("if a:\n    print(1)\nelif b:\n    print(2)\nelse:\n    print(3)", (say("1", condition="a"), say("2", condition="not a and b"), say("3", condition="not a and (not b)"))),
    Row("if a:\n    if b or x:\n        print(x)", (say("{x}", condition="a and (b or x)"),)),
    Row("if order.total() > 3:\n    print(a)", (), ("total() is",)),
    Row("a and print(a)", (say("{a}", condition="a"),)),
    Row("a > 3 and b and logger.info('x %s', a)", (level("INFO", "x {a}", condition="a > 3 and b"),)),
    Row("print(a) if a else None", (say("{a}", condition="a"),)),
    Row("if __debug__:\n    print(a)", (say("{a}"),)),
    Row("if logger.isEnabledFor(logging.DEBUG):\n    logger.debug('a')", (level("DEBUG", "a"),)),
    Row("try:\n    print(a)\nexcept Exception:\n    pass", (say("{a}"),)),
    Row("double = a * 2\nprint('double', double)", (say("double {a * 2}"),), (), ("double = a * 2",)),
    Row("n = len(items)\nm = n + 1\nprint(n, m)", (say("{len(items)} {len(items) + 1}"),), (), ("n = len(items)", "m = n + 1")),
    Row("for item in items:\n    print(item.sku)", (), ("a rule logs once where it stands: print([item.sku for item in items])",)),
    Row("while a:\n    print(a)", (), ("a rule logs once where it stands",)),
    Row("with open('x') as file:\n    print(a, file=file)", (), ("a new `with`",)),
    Row("import sys\nsys.stderr.write(f'a {a}\\n')", (say("a {a}"),), (), ("import sys",)),
    Row("from icecream import ic\nic(a, x)", (say("ic| a: {a!r}, x: {x!r}"),), (), ("from icecream import ic",)),
    Row("from rich import print\nprint(a)", (say("{a}"),), (), ("from rich import print",)),
    Row("import warnings\nwarnings.warn(f'a {a}')", (level("WARNING", "a {a}"),), (), ("import warnings",)),
    Row("import click\nclick.echo(f'a {a}')", (say("a {a}"),), (), ("import click",)),
    Row("print()", (), ("prints nothing",)),
    Row("print('secret', order.password, a)", (say("secret @redacted {a}"),)),
    Row("logger.info('%s %r', order.password[:3], order['api_key'])", (level("INFO", "@redacted @redacted"),)),
    Row("print(f'{order.password=} {a}')", (say("order.password=@redacted {a}"),)),
    Row("logger.info('m', extra={'password': order.password, 'a': a})", (level("INFO", "m password=@redacted a={a!r}"),)),
    Row("print(*order.passwords)", (say("@redacted"),)),
    Row("if order.password:\n    print(a)", (), ("`password` is redacted",)),
    Row("total = order.fix()\nprint(total)", (), ("`total` is what your edit makes of it",)),
)  # fmt: skip
