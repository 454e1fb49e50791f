"""What people and agents type to see a value, one statement each, and the message that it becomes.

A row: the statement; the message; what is said about it, where the text may read otherwise than typed. A message of None:
not taken, and the third column is part of the sentence.
"""

from __future__ import annotations

# The function that the statements are typed into.
AROUND = """
import dataclasses, json, logging, os, re, sys, time, traceback
from dataclasses import asdict
from datetime import datetime
from pprint import pformat, pprint
logger = logging.getLogger(__name__)

class Cart:
    def total(self):
        return sum(self.lines) - self.coupon

def compute(order, percent):
    return order.total * percent

def handler(event, context, self, order, items, user, total, price, percent, name, names, a, b, d, x, y, t, when, start, cart, df):
    try:
        charged = cart.total()
    except ValueError as e:
        pass  # here
    return charged
"""

HOLES: tuple[tuple[str, str | None, str], ...] = (
    ("print(total)", "{total}", ""),
    ("print('total', total)", "total {total}", ""),
    ("print('a', a, 'b', b, sep='|')", "a|{a}|b|{b}", ""),
    ("print('total', total, file=sys.stderr, flush=True)", "total {total}", ""),
    ("print(f'total={total} price={price}')", "total={total} price={price}", ""),
    ("print(f'{total=}')", "total={total!r}", ""),
    ("print(f'{order.total = }')", "order.total = {order.total!r}", ""),
    ("print(f'{total:.2f} {percent:>5} {total=:.1f}')", "{total:.2f} {percent:>5} total={total:.1f}", ""),
    ("print(f'{user!r} {user!s}')", "{user!r} {user!s}", ""),
    ("print(f'{name!a}')", "{name!r}", "characters beyond ASCII are shown as they are"),
    ("print(f'{{{total}}}')", "{{{total}}}", ""),
    ("print('%s' % total)", "{total}", ""),
    ("print('%s of %d, %5.1f %%' % (a, b, x))", "{a} of {int(b)}, {x:5.1f} %", ""),
    ("print('%r' % (name,))", "{name!r}", ""),
    ("print('%a' % name)", "{name!r}", "characters beyond ASCII are shown as they are"),
    ("print('{!a}'.format(name))", "{name!r}", "characters beyond ASCII are shown as they are"),
    ("print(a, file=out)", "{a}", "it goes to the log, not to out"),
    ("logger.info(name, total)", "{name} {total}", "a rule fills no format of a variable"),
    ("logger.log(a, 'm')", "m", "the level is known when it runs only"),
    ("print({'a': x}.get(name), {1, 2} == x)", "{({'a': x}.get(name))} {({1, 2} == x)}", ""),
    ("print('%(n)s items' % {'n': len(items)})", "{len(items)} items", ""),
    ("print('%(id)s' % d)", "{d['id']}", ""),
    ("print('%-10s|%05d|%x' % (name, a, b))", "{str(name):<10}|{int(a):05d}|{b:x}", ""),
    ("print('{} {}'.format(a, b))", "{a} {b}", ""),
    ("print('{1} {0!r} {0:.2f}'.format(a, b))", "{b} {a!r} {a:.2f}", ""),
    ("print('{n} {o.total}'.format(n=a, o=order))", "{a} {order.total}", ""),
    ("print('{0[id]}'.format(d))", "{d['id']}", ""),
    ("print('{total}'.format(**locals()))", "{total}", ""),
    ("print('total: ' + str(total))", "total: {total}", ""),
    ("print('=' * 20)", "====================", ""),
    ("print('order ' 'id', order.id)", "order id {order.id}", ""),
    ("print(repr(name), str(name))", "{name!r} {name}", ""),
    ("print(len(items), type(x), type(x).__name__)", "{len(items)} {type(x)} {type(x).__name__}", ""),
    ("print(event['detail']['id'], event.get('id'), event.get('n', 0))", "{event['detail']['id']} {event.get('id')} {event.get('n', 0)}", ""),
    ("print(items[0], items[-1].sku, items[:3])", "{items[0]} {items[-1].sku} {items[:3]}", ""),
    ("print([i.sku for i in items if i.price > 10])", "{[i.sku for i in items if i.price > 10]}", ""),
    ("print({i.sku: i.price for i in items})", "{({i.sku: i.price for i in items})}", ""),
    ("print(sum(i.price for i in items), any(i.price < 0 for i in items))", "{sum((i.price for i in items))} {any((i.price < 0 for i in items))}", ""),
    ("print(sorted(d), list(d.keys()), ', '.join(names))", "{sorted(d)} {list(d.keys())} {', '.join(names)}", ""),
    ("print(name.upper(), name.strip().split(','), x.decode())", "{name.upper()} {name.strip().split(',')} {x.decode()}", ""),
    ("print(a == b, a in items, not a, a if a else 'none')", "{a == b} {a in items} {not a} {a if a else 'none'}", ""),
    ("print(f'{x / y:.1%} {round(x, 2)}')", "{x / y:.1%} {round(x, 2)}", ""),
    ("print(*items)", "{' '.join([str(each) for each in items])}", ""),
    ("print(vars(order))", "{order}", "vars(order) is shown as {order}"),
    ("print(order.__dict__)", "{order}", "order.__dict__ is shown as {order}"),
    ("print(order._asdict(), asdict(order), dataclasses.asdict(order))", "{order} {order} {order}", "is shown as {order}"),
    ("print(order.model_dump(), order.dict(), order.model_dump_json())", "{order} {order} {order}", "is shown as {order}"),
    ("print(json.dumps(event, indent=2, default=str))", "{event}", "json.dumps(…) is shown as {event}"),
    ("print(f'body {json.dumps(event)}')", "body {event}", "json.dumps(…) is shown as {event}"),
    ("print(json.loads(event['body']))", "{json(event['body'])}", ""),
    ("print(pformat(event))", "{event!r}", "in one line"),
    ("print(context.aws_request_id, total)", "{@request_id} {total}", ""),
    ("print(context.get_remaining_time_in_millis())", "{@remaining_ms}", ""),
    ("print(max(items, key=lambda i: i.price))", "{max(items, key=lambda i: i.price)}", ""),
    ("print(min(names, key=len))", "{min(names, key=len)}", ""),
    ("print(next(iter(d)))", "{list(d)[0]}", ""),
    ("print(next((i for i in items if i.sku == a), None))", "{next((i for i in items if i.sku == a), None)}", ""),
    ("print(getattr(order, 'note', None))", "{getattr(order, 'note', None)}", ""),
    ("print(datetime.now(), total)", "{total}", "each event has its time"),
    ("print(time.time(), 'start')", "start", "each event has its time"),
    ("print(f'{when:%Y-%m-%d} {when.isoformat()}')", "{when:%Y-%m-%d} {when.isoformat()}", ""),
    ("print(when.strftime('%H:%M'))", "{when.strftime('%H:%M')}", ""),
    ("print(x.__class__.__name__, x.__class__)", "{type(x).__name__} {type(x)}", ""),
    ("print(dir(order))", "{order}", "dir(order) is shown as {order}"),
    ("print(str(e), repr(e), e.args, type(e).__name__)", "{e} {e!r} {e.args} {type(e).__name__}", ""),
    ("print(traceback.format_exc())", "{e!r}", "the traceback is shown as {e!r}"),
    ("print(self)", "{self}", "an object of yours is shown by its fields"),
    ("logger.info('total %s', total)", "total {total}", ""),
    ("logger.info('%s items of %r', len(items), user.id)", "{len(items)} items of {user.id!r}", ""),
    ("logger.info('%(total)s', {'total': total})", "{total}", ""),
    ("logger.info(order)", "{order}", ""),
    ("logger.info('order', extra={'order': order.id})", "order order={order.id!r}", ""),
    ("logger.info('paid', order_id=order.id, total=total)", "paid order_id={order.id!r} total={total!r}", ""),
    ("logger.info({'order': order.id, 'total': total})", "order={order.id!r} total={total!r}", ""),
    ("logger.info('Paid {} of {}', a, b)", "Paid {a} of {b}", ""),
    ("logger.info('100 %')", "100 %", ""),
    # Not taken: these run code of somebody's, or read what no rule may.
    ("print('would be', cart.total())", None, "total() is your code, and a rule runs none. It reads: cart.lines, cart.coupon. Or log `charged` after line 17."),
    ("print(compute(order, percent))", None, "compute() is your code, and a rule runs none. It reads: order, percent."),
    ("print(df.head())", None, "head() is code that would run"),
    ("print(re.match('a+', name))", None, "match() is code that would run"),
    ("print(os.environ['STAGE'])", None, "os.environ is out of a rule's reach"),
    ("print(time.time() - start)", None, "a rule reads no clock: each event has its time. Log the rest: start"),
    ("print((n := total))", None, "an assignment (`:=`)"),
    ("print(await order)", None, "`await` runs code"),
)  # fmt: skip
