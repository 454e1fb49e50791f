"""The current span of OpenTelemetry's own API stands in the event of a hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hotlog
from tests.support.probed import Probed

if TYPE_CHECKING:
    from pathlib import Path


def test_an_event_bears_the_span_that_is_open_at_the_hit(tmp_path: Path) -> None:
    trace = pytest.importorskip("opentelemetry.trace", reason="opentelemetry-api is not installed")
    span = trace.NonRecordingSpan(trace.SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=False))
    with Probed(tmp_path, "def work(n):\n    return n\n") as app:
        app.apply(hotlog.Rule(id="r", at=f"{app.sample.name}.py:2", message="{n}", per_second=None))

        def handler() -> None:
            app.module.work(1)
            with trace.use_span(span):
                app.module.work(2)
            app.module.work(3)

        app.invoke(handler)
        ids = [(each.get("trace_id"), each.get("span_id")) for each in app.said("log")]
    assert ids == [(None, None), (f"{0xABC:032x}", f"{0xDEF:016x}"), (None, None)]
