"""Every number that a user or an operator may ask about stands in `limits.py` or `client/desk_limits.py`; other numbers are
nobody's business."""

from __future__ import annotations

import ast
import re

import pytest

from hotlog import limits
from hotlog.client import desk_limits
from tests.support.places import ROOT
from tests.unit.test_house import FILES

# Whoever waits that long, meets that bound in a message, pays it or could run into it asks for it. These are not met:
LOCAL = {
    "what is remembered is bounded, so that nothing grows for ever": {
        "reading.classes._MEMORY_MAX", "reading.tables._BLOCKS_MAX", "reading.tables._TYPES_MAX",
        "expressions.evaluate._PROGRAMS_MAX", "expressions.fast_objects._CLASSES_MAX", "redaction.key_cache._KNOWN_MAX", "redaction.secret_names._MEMO_MAX",
        "redaction.redact._PLAIN_MAX", "capture.failing_statement._KNOWN_MAX",
    },
    "how text is laid out on a terminal, and how much of it a sentence quotes": {
        "addresses._SHOWN_CHARS", "config._SHOWN_CHARS", "rules.target.SHOWN_MAX_CHARS", "expressions.evaluate._REASON_MAX_CHARS", "expressions.evaluate._MESSAGE_MAX_CHARS",
        "events._TEXT_MAX_CHARS", "client.words._ID_SHOWN_CHARS", "cli.commands.rules._WHAT_MAX_CHARS",
        "cli.commands.status._SHOWN_MAX", "cli.showing.fleet.NAMED_MAX", "cli.adding.summary._STATEMENT_MAX_LINES", "cli.showing.values._DEPTH_MAX",
        "client.agents.asked._VIA_MAX_CHARS", "client.agents.event_text._VALUE_CHARS", "client.showing.failure._LEAST_CHARS",
        "client.showing.failure._BESIDE_CHARS", "client.showing.failure._NAME_CHARS", "client.showing.failure._NESTED_MAX", "capture.error_text._NESTED_MAX",
        "client.showing.statement._TEXT_MAX_CHARS", "dap.variables._VALUE_CHARS", "dap.shown._RESULT_CHARS", "mcp.answer._FEWEST_CHARS", "mcp.answer._NAME_MAX_CHARS",
        "cli.kinds.trace._SOURCE_MIN_WIDTH", "cli.shell.terminal._PAGE_WIDTH_MAX", "cli.commands.pages._SHOWN_MAX", "cli.commands.pages._ALSO_MAX", "client.pages._STEM_MIN", "client.words._MINUTES_COUNT_FROM_S", "client.adding.checked_rule._SHOWN_CHARS", "client.adding.own_calls._SHOWN_MAX", "client.captured.held._NAMED_MAX", "client.code.search._TEXT_MAX_CHARS",
        "client.comparing.value_profiles._SHOWN_CHARS", "client.comparing.why._LED_MAX", "client.comparing.suspects._LISTED_FROM", "client.comparing.tell_suspects._LOGGED_MAX", "client.comparing.tell_suspects._PLACE_CHARS",
    },
    "how the page is laid out, and what it does between two looks": {
        "client.adding.names_offered._READ_MAX", "client.showing.summary._VALUE_CHARS", "client.adding.names_offered._OFFERED_MAX", "ui.feed._FOLD_AGAIN_S", "ui.feed._LINGERS_S",
        "ui.event_view._ROW_CHARS", "ui.event_view._VALUE_CHARS", "ui.event_view._SHORT_CHARS", "ui.player._VALUE_CHARS", "ui.state._SAID_CHARS", "ui.state._SPAN_MIN", "ui.server._STREAM_S",
        "ui.server._FIRST_READ_S", "ui.story_screen._SAID_CHARS", "ui.story_code._BEHIND_CHARS", "ui.story_screen._TREE_CHARS",
        "ui.demo_traffic._EVERY_S",
    },
    "how the work is cut into pieces": {
        "local.explain._LONG_NS",
        "stores.ssm.http_connection._PACKET_BYTES", "stores.ssm.proxy._PACKET_BYTES", "client.code.packages._CHUNK_BYTES",
        "cli.adding.ask._PASTE_S", "rules.fleet._HASH_BYTES", "client.code.function_code._DIGEST_CHARS", "client.adding.environment_bound._SHARE_DIGITS", "cli.shell.terminal_talk._WORTH_A_BAR_BYTES", "capture.snapshot._LOOK_EVERY_BYTES", "capture.even_shares._ROOMY_BYTES", "hits.rate_limit._LOOK_AGAIN_NS",
        "stores.lock.PAUSE_S", "client.attaching.verification._PAUSE_S", "client.attaching.verification._TELL_EVERY_S",
        "client.attaching.lambda_configuration._LOOK_EVERY_S", "probes.registry._ATTEMPTS_MAX",
        "client.attaching.alias._LOOK_EVERY_S", "client.adding.store_rules._ID_ATTEMPTS", "client.account.aws._NEAR_MAX_FUNCTIONS", "cli.commands.suspects._LOOK_EVERY_S", "cli.commands.why._LOOK_EVERY_S", "client.account.load._METRICS_MAX", "client.account.load._PERIOD_S", "client.account.load._SHORT_S",
    },
    "where a fast path gives over to the one that is right for all": {
        "config._DIGITS_MAX", "rules.target._LINE_MAX_DIGITS", "reading.secret_check._FREE_CHARS", "reading.secret_check._NAME_MAX_CHARS",
        "expressions.fast_message._WORD_MAX_CHARS", "expressions.fast_objects._DEPTH_MAX", "expressions.fast_objects._ELEMENTS_MAX", "redaction.payment_cards.CARD_MIN_CHARS", "redaction.encodings.LONG_CHARS", "redaction.key_cache._TEXT_MAX_CHARS",
        "redaction.redact._SHAPE_MAX_CHARS", "redaction.named_text._WORDS_MAX", "redaction.encodings._HEAD_CHARS", "redaction.token_forms._HEAD_CHARS", "redaction.secret_names._STEM_CHARS", "client.pages._STEM_MIN",
        "redaction.secret_names._NAME_MAX_CHARS", "redaction.secret_names._RUN_MAX_WORDS",
        "capture.scalars._MARGIN_CHARS", "capture.shares.SCALAR_BYTES", "capture.scalars._KEY_MAX_PARTS", "capture.placed_values._TYPE_BYTES",
        "expressions.compiled.plain_reads._CLASSES_MAX", "expressions.compiled.plain_reads._DECIMAL_BYTES", "expressions.compiled.plain_reads._POINTER_BYTES",
        "expressions.compiled.plain_reads._SHARED_NAMES_MAX",
    },
    "how a name, and what is said of one, looks": {
        "reading.secret_check._NAME_MAX_BLANKS", "redaction.named_text._ARN_MAX_CHARS", "redaction.named_text._COLUMNS_MIN",
        "redaction.named_text._COLUMN_MAX_CHARS", "redaction.text_values.STAYS_MAX_CHARS", "redaction.neighbours._NAME_MAX_CHARS", "redaction.neighbours._SPELT_MAX", "redaction.neighbours._LOGGED_MAX_CHARS",
        "redaction.redact._NAME_MAX_CHARS", "redaction.shown_values._MOST_CHARS", "redaction.shown_values._PROSE_MIN_WORDS",
        "redaction.named_text._NAME_MAX_CHARS", "redaction.sentences._COMPLAINT_MAX_CHARS", "redaction.sentences._DRAWN_MIN_CHARS", "redaction.shown_values._KEY_MAX_CHARS",
        "redaction.shown_values._MASK_MIN", "redaction.neighbours._KEY_MAX_CHARS", "redaction.token_forms._GLUED_MIN_LETTERS",
    },
    "no value of an application comes near": {
        "redaction.neighbours._COLUMNS_MAX", "redaction.statements._COMPARED_MAX_CHARS", "redaction.statements._ROWS_MAX",
        "redaction.statements._STATEMENT_MAX_CHARS", "redaction.statements._REREAD_MAX", "redaction.neighbours.PAIRS_MAX",
        "reading.containers._DEPTH_MAX", "expressions.safe_builtins._DEPTH_MAX", "reading.instance_state._NAMES_MAX",
        "reading.classes._NAME_MAX_CHARS", "capture.objects._NAME_MAX_CHARS", "reading.value_types.DECIMAL_MAX_BYTES", "reading.value_types._DECIMAL_MOST_BYTES", "reading.type_text._DEPTH_MAX", "reading.type_text._PARTS_MAX", "reading.type_text._LITERAL_MAX_CHARS",
        "reading.value_types._PATH_MAX_CHARS", "hits.crossings._CALLERS_MAX", "reading.numbers._QUOTIENT_MAX_BITS", "capture.exceptions._HELD_MAX", "reading.parts._ARRAY_MAX_BYTES", "reading.record_parts._BYTES_MAX", "values.text._DEPTH_MAX",
        "kinds.timeout._NAME_MAX_BYTES", "reading.tables.SCALAR_MAX_BYTES",
        "client.events.pages._CURSOR_MAX_BYTES", "client.comparing.value_profiles._LEAVES_MAX", "client.comparing.origins._TEXT_MAX",
    },
    "how code is told to be what its source says": {"probes.rewritten._SHARE_MIN", "probes.rewritten._OPENING_MAX"},
    "an estimate of what an event takes": {"capture.shares.COMPOUND_BYTES", "capture.snapshot._WHOLE_BYTES", "capture.placed_values._WIDE_BYTES", "capture.scalars._WIDE_BYTES", "capture.scalars._MARK_BYTES",
        "client.adding.impact._EVENT_BYTES", "client.adding.impact._HOLE_BYTES"},
    "how hard a random name is to guess": {
        "client.agents.asked._GROUP_BYTES", "client.events.event_handle._ENV_CHARS", "mcp.answer._FENCE_BYTES", "mcp.consent._STATE_BYTES",
    },
    "what the description of a tool says": {
        "mcp.following._LOOK_BACK_S", "dap.following._LOOK_BACK_S", "mcp.failures._SINCE_S",
    },
    "what a protocol or a format says": {
        "client.code.packed_sources._HASH_BYTES",
        "hits.failure._STATUS_DIGITS",
        "stores.ssm.signed_reader._LATEST_S", "client.attaching.verify_start._TOKEN_BYTES", "client.attaching.start_watch._CLOCK_MS",
    },
    "how a back-off behaves, with the rest of its arithmetic": {"runtime.backoff._FORGOTTEN_S"},
}  # fmt: skip
BOUNDS = re.compile(r"(^|_)(MAX|MIN|TIMEOUT|ATTEMPTS|EVERY|S|MS|NS|BYTES|CHARS|DIGITS|FROM)(_|$)")


def is_number(value: ast.expr) -> bool:
    """Whether an expression is made of numbers alone."""
    made_of = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    return all(
        isinstance(node, made_of)
        and not (isinstance(node, ast.Constant) and type(node.value) not in {int, float})
        for node in ast.walk(value)
    )


def bounds_of(module: str) -> set[str]:
    """The names of a module that are bounds, and are given a number right there."""
    found: set[str] = set()
    for node in ast.parse(FILES[module].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and is_number(node.value):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found |= {target.id} if isinstance(target, ast.Name) and BOUNDS.search(target.id) else set()
    return found


def test_numbers_that_somebody_may_ask_about_stand_in_limits() -> None:
    elsewhere = {
        f"{module.removeprefix('hotlog.')}.{name}"
        for module in FILES
        if module not in {"hotlog.limits", "hotlog.client.desk_limits"}
        for name in bounds_of(module)
    }
    known = set().union(*LOCAL.values())
    assert elsewhere - known == set(), "move it to limits.py, or say here why nobody asks"
    assert known - elsewhere == set(), "no longer there"


@pytest.mark.long
def test_each_limit_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in FILES.values())
    source += (ROOT / "wrapper" / "packages" / "hotlog_start.py").read_text(encoding="utf-8")
    for table in (limits, desk_limits):
        name = table.__name__.rpartition(".")[2]
        used = set(re.findall(rf"\b{name}\.([A-Z][A-Z0-9_]*)\b", source))
        assert [each for each in vars(table) if each.isupper() and each not in used] == []


def test_a_function_loads_no_number_of_the_desk_alone() -> None:
    """Each of its cold starts would read it; and what stands in both tables would be known twice."""
    desk = ("hotlog.cli", "hotlog.client", "hotlog.mcp", "hotlog.dap", "hotlog.ui")
    own = FILES["hotlog.limits"].read_text(encoding="utf-8")
    asked = {
        module: set(re.findall(r"\blimits\.([A-Z0-9_]+)\b", path.read_text(encoding="utf-8")))
        for module, path in FILES.items()
    }
    for name in (each for each in vars(limits) if each.isupper()):
        asking = {module for module, names in asked.items() if name in names}
        in_table = len(re.findall(rf"\b{name}\b", own)) > 1
        assert in_table or not all(each.startswith(desk) for each in asking), name
    assert not {each for each in vars(limits) if each.isupper()} & set(vars(desk_limits))
