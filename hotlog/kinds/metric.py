"""A metric: numbers from hits, collected over an invocation, emitted as one document per combination of dimensions.

The event is a document of CloudWatch's embedded metric format (its specification, of the CloudWatch user guide): the
numbers stand in the log line, and CloudWatch Logs makes metrics of them, without an API call.

    hit ── value, dimensions ──> series ── end of the invocation ──> event
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, limits
from hotlog.capture.snapshot import capture
from hotlog.expressions.evaluate import evaluate
from hotlog.hits.outcomes import CONDITION_ERROR, EMITTED, RATE_LIMITED
from hotlog.hits.rule_handler import RuleHandler
from hotlog.reading.budget import Unavailable
from hotlog.reading.classes import NUMBERS
from hotlog.reading.instance_state import MISSING
from hotlog.reading.numbers import number_of
from hotlog.values.text import text_of

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.events import Event
    from hotlog.expressions.evaluate import HitScope
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.reading.reader import Reader
    from hotlog.rules.model import Rule

NAMESPACE: Final = "hotlog"
_LARGEST: Final = 2.0**360  # CloudWatch takes no larger value (PutMetricData)

Number = int | float
Labels = tuple[str, ...]


class MetricHandler(RuleHandler):
    """A rule that counts, or collects values.

    Args:
        rule: with `metric`, and perhaps `value`, `unit` and `dimensions`.
        context: as for every rule.
    """

    listens = True

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        super().__init__(rule, context)
        self._series: dict[Labels, list[Number]] = {}  # what waits for the end of the invocation
        self._waiting = 0
        self._known: set[Labels] = set()

    def _passed(self, frame: FrameType | None, scope: HitScope, reader: Reader) -> str:  # noqa: ARG002  # no frame is shown
        try:
            value = self._value(scope, reader)
            labels = tuple(self._label(name, scope, reader) for name in self.rule.dimensions)
        except Unavailable as why:
            self._note("condition-error", f"what is measured cannot be had: {why.reason}")
            return CONDITION_ERROR
        if not self._has_place(labels):
            return RATE_LIMITED
        lock = self._limiter.acquire_lock()
        try:
            values = self._series.setdefault(labels, [])
            if self.rule.value or not values:
                values.append(value)
                self._waiting += 1
            else:
                values[0] += value
        finally:
            lock.release()
        if not self._context.invocation.request_id:  # nobody would tell the end of it
            self.on_end()
        return EMITTED

    def on_end(self) -> None:
        """Emit what limit and rate allow; the rest waits for the next invocation."""
        for labels in list(self._series):
            while self._series.get(labels):
                number, closed = self._admitted()
                if closed == RATE_LIMITED:
                    return
                values = self._take_values(labels)
                if not closed and values:
                    self._send(partial(self._document, number, labels, values))

    def on_close(self) -> None:
        """Emit what has been collected, as far as the rate allows, as the rule is removed."""
        self.on_end()

    def _take_values(self, labels: Labels) -> list[Number]:
        """Remove and return as many waiting values as fit into one document."""
        lock = self._limiter.acquire_lock()
        try:
            values = self._series.get(labels, [])
            fit, rest = (
                values[: limits.METRIC_DOCUMENT_MAX_VALUES],
                values[limits.METRIC_DOCUMENT_MAX_VALUES :],
            )
            self._series[labels] = rest
            if not rest:
                del self._series[labels]
            self._waiting -= len(fit)
            return fit
        finally:
            lock.release()

    def _has_place(self, labels: Labels) -> bool:
        if labels not in self._known:
            if len(self._known) >= limits.METRIC_MAX_SERIES:
                self._note(
                    "too-many-series",
                    f"the dimensions have more than {limits.METRIC_MAX_SERIES} combinations of values: "
                    "each would be billed as a metric of its own. Further ones are not counted",
                )
                return False
            self._known.add(labels)
        if self._waiting >= limits.METRIC_MAX_VALUES:
            self._note("too-many-values", f"more than {limits.METRIC_MAX_VALUES} values wait to be emitted")
            return False
        return True

    def _value(self, scope: HitScope, reader: Reader) -> Number:
        """Return the number that this hit adds to the metric.

        Raises:
            Unavailable: it is no number that CloudWatch takes.
        """
        if not self.rule.value:
            return 1
        value = evaluate(self._own[self.rule.metric], scope, reader)
        number = number_of(value)
        if number is not MISSING and type(number) not in NUMBERS:  # a Decimal
            number = float(str(reader.check(number)))
        value = capture(number, reader) if number is not MISSING else None
        if isinstance(value, bool):
            return int(value)
        if not isinstance(value, int | float) or abs(value) > _LARGEST:
            raise Unavailable(f"the value of {self.rule.metric} is no number that a metric can have")
        return value

    def _label(self, name: str, scope: HitScope, reader: Reader) -> str:
        """Return the value of a dimension: text, never empty, ASCII, bounded."""
        text = text_of(
            capture(evaluate(self._own[name], scope, reader), reader, name, 4 * limits.METRIC_MAX_CHARS)
        )
        text = text.encode("ascii", "backslashreplace").decode()
        return "".join(filter(str.isprintable, text))[: limits.METRIC_MAX_CHARS].strip() or "-"

    def _document(self, number: int, labels: Labels, values: list[Number]) -> Event:
        function = self._context.invocation.function
        names = [*(["function"] if function else []), *self.rule.dimensions]
        metric = {"Name": self.rule.metric, "Unit": self.rule.unit}
        directive = {"Namespace": NAMESPACE, "Dimensions": [names], "Metrics": [metric]}
        return {
            **self._head(),
            "_aws": {
                "Timestamp": int(self._context.wall_clock() * 1_000),
                "CloudWatchMetrics": [directive],
            },
            **dict(zip(self.rule.dimensions, labels, strict=True)),
            self.rule.metric: values if len(values) > 1 else values[0],
            "hit": number,
        }
