"""The numbers of what runs in a function, with their units in their names; those of the desk alone: `client/desk_limits.py`.

The choices lie within the range that Rookout, Lightrun, Datadog, AWS Dynamic Instrumentation and Google's debugger
ship (their documentation, November 2026), unless a comment says otherwise.
"""

from __future__ import annotations

from typing import Final

# No whole number nearer to zero is a secret: card numbers and passwords in digits are longer. Such a number is never looked up.
SECRET_NUMBER_MIN: Final = 100_000
CARD_NUMBER_MIN: Final = 10**12  # the number of no payment card is nearer to zero
SECRET_MIN_CHARS: Final = 6  # nor is shorter text
ENVIRONMENT_SECRETS_MAX: Final = 200  # values of the environment's variables that are hidden, the latest ones

# What one captured value may hold.
STRING_MAX_CHARS: Final = 512  # at once; more of it where the event has room when all else is in it
OPTIONS_LOOKED_MAX: Final = 50  # elements of a sequence: may one be an option such as `--password`?
KEY_MAX_CHARS: Final = 100  # of a dict's key, or a field's name
# How much of one value is captured where the event has room; a rule may say otherwise, up to the owner's ceilings ...
CAPTURE_DEPTH: Final = 20
CAPTURE_ITEMS: Final = 500
CAPTURE_CHARS: Final = 16_384
# ... which are no higher than these.
CAPTURE_MAX_DEPTH: Final = 50
CAPTURE_MAX_ITEMS: Final = 5_000
CAPTURE_MAX_CHARS: Final = 49_152
DECODED_MAX_BYTES: Final = (
    131_072  # of base64, or of data compressed in it, that is looked through for secrets
)
INT_MAX_DIGITS: Final = 100
INT_MAX_BITS: Final = INT_MAX_DIGITS * 10 // 3
MESSAGE_MAX_CHARS: Final = 4_096
VARIABLES_MAX: Final = 100
STACK_MAX_FRAMES: Final = 20
WATCHES_MAX: Final = 50

# One event, as a line of JSON. CloudWatch Logs takes 256 KB; a line well below it survives every forwarder.
EVENT_MAX_BYTES: Final = 64 * 1024
PROOF_KEY_BYTES: Final = 16
PROOF_DIGEST_BYTES: Final = 9
PROOF_BYTES: Final = 24  # of a line: `,"proof":"…"`

# What one hit, and all hits of one invocation, may cost the user's code.
HIT_MAX_MS: Final = 50  # of hotlog's own time, see reading/budget.py
HIT_LOCK_MAX_MS: Final = 50  # a hundred times what is done under it takes
INVOCATION_MAX_MS: Final = 250
INVOCATION_MAX_NS: Final = INVOCATION_MAX_MS * 1_000_000
CONDITIONS_MAX_MS: Final = 1_000  # of an invocation: conditions that are false where the evaluator decides
CONDITIONS_MAX_NS: Final = CONDITIONS_MAX_MS * 1_000_000
INTERNAL_FAULTS_MAX: Final = (
    3  # of hotlog itself, per environment: then no probe stays until the rules change
)
BUDGET_RENEWED_MS: Final = 1_000  # in a process that has no invocations
EXPRESSION_MAX_MS: Final = 5  # all expressions of one hit together; what is under way then takes up to 3 more
EXPRESSION_MAX_STEPS: Final = 10_000
EXPRESSION_MAX_NODES: Final = 500
EXPRESSION_MAX_DEPTH: Final = 50
EXPRESSION_MAX_CHARS: Final = 2_000
EXPRESSIONS_KEPT_MAX: Final = 500  # that rules of equal texts share
EXPRESSION_MAX_BUILT_ITEMS: Final = 10_000
EXPRESSION_MAX_BUILT_CHARS: Final = 100_000
# A compiled test leaves to the evaluator what is larger.
COMPILED_ELEMENTS_MAX: Final = (
    1_000  # of a loop, of what is searched, keys of a dict that are looked at one by one
)
COMPILED_BESIDE_MAX: Final = 50  # fields that are asked what they say of the one beside them
COMPILED_OPERANDS_MAX: Final = (
    4  # of arithmetic in the function itself: its result stays a number that costs nothing
)
COMPILED_WAYS_MAX: Final = (
    64  # tests that a condition written into a function has: `(a or b) and (c or d)` has some of them twice
)
COMPILED_TEXTS_MAX: Final = 500  # that are known to hold no secret
NAMES_COMPARED_MAX: Final = 1_000  # with one that nothing defines, to find what may have been meant
EXPRESSION_MAX_SAME_HASH: Final = 16  # keys or elements: hashing takes time with their square
EXPRESSION_MAX_DECIMAL_DIGITS: Final = (
    1_000  # of a context's precision: a division takes time with their square
)
EXPRESSION_MAX_INT_DIGITS: Final = (
    6_000  # more than the keys of any cipher have; an operator takes microseconds
)
EXPRESSION_MAX_TEXT_CHARS: Final = (
    6_000  # looked through for secrets before any operator sees it: up to 0.5 µs per character
)

# How often a rule may emit, per environment.
RULE_MAX_PER_S: Final = 1_000_000  # that a rule may ask for
LOG_MAX_EVENTS: Final = 100
LOG_MAX_PER_S: Final = 5.0
SNAPSHOT_MAX_EVENTS: Final = 10
SNAPSHOT_MAX_PER_S: Final = 1.0
CALL_MAX_EVENTS: Final = 100
CALL_MAX_PER_S: Final = 5.0
CALL_MAX_OPEN: Final = 1_000  # that have begun and not ended: generators, tasks
ERROR_MAX_EVENTS: Final = 10
ERROR_MAX_PER_S: Final = 1.0
TIMEOUT_MAX_EVENTS: Final = 10
TIMEOUT_MAX_PER_S: Final = 1.0
TRACE_MAX_EVENTS: Final = 1  # one call; more where somebody asks for them
TRACE_MAX_PER_S: Final = 1.0
METRIC_MAX_EVENTS: Final = 10_000  # one for each invocation, not for each value
METRIC_MAX_PER_S: Final = 10.0
COUNTED_FALSE_MAX: Final = 1_000  # of one rule, per environment: then the counter is compiled out
# What a false condition compared is looked at when it was false for the first times, then every so often, while it is counted.
OPERANDS_LOOKED_FIRST: Final = 10
OPERANDS_LOOKED_EVERY: Final = 33
OPERANDS_MAX: Final = 4
OPERANDS_LAST: Final = 20  # looks that are kept
OPERAND_VALUES_MAX: Final = 5  # different ones that are told
OPERAND_MAX_CHARS: Final = 40
COUNTS_EVERY_S: Final = 60
COUNTS_GAP_SHARE: Final = 0.25  # of the time since a rule's first counts, between two later ones
COUNTS_GAP_MAX_S: Final = 15 * 60
COUNTS_LOOK_EVERY_S: Final = 5  # at rules that only the functions themselves have counted for
EMIT_MAX_BYTES_PER_S: Final = 1_000_000

# Metrics: 100 values and 30 dimensions fit into one document (CloudWatch embedded metric format, specification). Each
# combination of dimension values is a metric of its own, and is billed as one.
METRIC_DOCUMENT_MAX_VALUES: Final = 100
METRIC_MAX_VALUES: Final = 1_000  # that wait for the end of an invocation
METRIC_MAX_DIMENSIONS: Final = 9
METRIC_MAX_SERIES: Final = 100  # combinations of dimension values, per rule and environment
METRIC_MAX_CHARS: Final = 250  # of a name or a dimension's value

RING_MAX_EVENTS: Final = 100  # that a rule keeps until it is known how the invocation ends

# An error's frames with their variables, and its chain of causes.
ERROR_MAX_FRAMES: Final = 20
ERROR_MAX_CHAIN: Final = 5
ERROR_MAX_MEMBERS: Final = 5  # of an exception group, each with its frames
ERROR_MAX_MEMBER_FRAMES: Final = 3
ERROR_MAX_GROUPS: Final = 3  # groups within groups
STATEMENT_MAX_LINES: Final = 10  # of the statement that a frame is at
POSITIONS_MAX: Final = 20_000  # instructions of a function that are looked at to find the statement
ERROR_MAX_MS: Final = 100  # it is taken once, while the invocation fails anyway

THREADS_NOTED_MAX: Final = 50  # that outlive their invocation

# An invocation that fails: the exceptions that left its own code for a library's.
CODES_KNOWN_MAX: Final = 5_000  # code objects of which is kept whose they are
CROSSINGS_MAX: Final = 20  # that are looked at, in one invocation
ERRORS_TOLD_MAX: Final = 3  # the last ones before it failed; of a batch, one for each record
EXCEPTED_MAX: Final = 50  # classes of exceptions that a rule leaves out
BATCH_MAX_RECORDS: Final = 10_000  # no event source of Lambda hands over more (Lambda quotas)

# A trace: of one call, and what following it may cost by itself.
TRACE_MAX_LINES: Final = 500
TRACE_MAX_MS: Final = 250
TRACE_LINE_MAX_MS: Final = 5
SOURCE_LINE_MAX_CHARS: Final = 160

# Suspects: which ways good and bad invocations go, counted in the environment.
SUSPECTS_EVERY_S: Final = 60  # between two events
SUSPECTS_MAX_EVENTS: Final = 20_000  # one a minute for the longest life of a rule, and parts
SUSPECTS_MAX_PER_S: Final = 10.0  # one event may have parts
SUSPECTS_MAX_WAYS: Final = 5_000  # that are counted, per environment
SUSPECTS_PART_WAYS: Final = 250  # in one event
SUSPECTS_CALLS_LOOKED: Final = 4  # of each function in one invocation, for kinds of arguments and results
SUSPECTS_KINDS_MAX: Final = 20  # of one argument, or result
SUSPECTS_HELD_LOOKED: Final = 8  # fields or elements of one value
SUSPECTS_ONE_WAY_MAX: Final = 1_000  # times that a branch goes one way, of which it is told
SUSPECTS_KINDS_MAX_MS: Final = 25  # of an invocation: looking at kinds
# A recording of one invocation, and what it may cost: 50 ms, with the work after the handler.
RECORD_MAX_EVENTS: Final = 1
RECORD_MAX_PER_S: Final = 1.0
RECORD_MAX_STEPS: Final = 20_000
RECORD_LOOK_STEPS: Final = 16  # between two looks whether there is room for more
RECORD_MAX_CALLS: Final = 2_000  # that are told of behind a cut
RECORD_MAX_MS: Final = 30  # while the handler runs; the rest is for what comes after
RECORD_MAX_BYTES: Final = 256 * 1024
RECORD_PART_MAX_BYTES: Final = 60_000  # of the steps in one event
RECORD_STEP_BYTES: Final = 24  # of a step that is more than a number, beside its values
RECORD_LINE_BYTES: Final = 4
RECORD_VALUE_MAX_BYTES: Final = 2_048
RECORD_EVENT_MAX_BYTES: Final = 16_384  # of the handler's own arguments
RECORD_VALUE_MAX_MS: Final = 40
RECORD_SETTLE_MAX_MS: Final = 40  # for the texts of a recording
RECORD_SOURCE_MAX_BYTES: Final = 300_000  # of a file: a larger one tells of its lines alone
RECORD_SOURCE_BESIDE_MAX_BYTES: Final = 60_000  # of one that is parsed while an invocation runs: some 30 ms
RECORD_SOURCE_TOLD_MAX_BYTES: Final = 16_384  # of the text of lines, in the first part
RECORD_PREPARE_MAX_MS: Final = 150  # for the files that are loaded as the rule goes in
RECORD_LONG_MS: Final = 1  # a line or a call that takes so long tells how long
RECORD_STEP_WAIT_MS: Final = 20  # for a thread that is within a step as the time of the invocation is up
RECORD_ERRORS_MAX: Final = 100  # that are described
RECORD_GOOD_TOLD: Final = 3  # that go along with a bad one
RECORD_GOOD_WAYS: Final = 12  # of which the last ones are kept
RECORD_WAY_FUNCTIONS: Final = (
    8  # by which ways are told apart: a router and what it calls are the first three or four
)
RECORD_GOOD_MAX_BYTES: Final = 1_000_000  # that they take in memory, all together; in events
RECORD_FAST_STEP_NS: Final = 70  # what a line costs at which nothing is read; measured
RECORD_SLOW_STEP_NS: Final = 500

# The watchdog: how long before Lambda's own deadline it looks, and what the look may take.
TIMEOUT_MARGIN_MS: Final = 500
TIMEOUT_MARGIN_MAX_MS: Final = 900_000  # no function runs longer (Lambda quotas)
TIMEOUT_LOOK_MAX_MS: Final = 200
TIMEOUT_MAX_THREADS: Final = 20
TIMEOUT_LATE_MS: Final = 100  # a look that comes so much later says what kept it

# How long a stored rule lives.
EXPIRY_MAX_S: Final = 7 * 24 * 3_600
DURATION_MAX_S: Final = 366 * 24 * 3_600  # of any duration that a person writes: beyond, dates overflow
CLOCK_SKEW_MAX_S: Final = 300  # between who wrote a rule and the function that reads it

# The document: SSM's standard and advanced tier (AWS Systems Manager quotas).
DOCUMENT_MAX_BYTES: Final = 4_096
DOCUMENT_ADVANCED_MAX_BYTES: Final = 8_192
DOCUMENT_PLAIN_MAX_BYTES: Final = 1024 * 1024  # a compressed document unpacks to no more
DOCUMENT_VERSION: Final = 1
RULES_MAX: Final = 1_000
RULE_ID_MAX_CHARS: Final = 64
FUNCTION_NAME_MAX_CHARS: Final = 64  # AWS Lambda, CreateFunction: FunctionName
BAD_ENTRIES_NAMED_MAX: Final = 5  # of each kind, in the one line that tells of all
WAITING_TOLD_MAX: Final = 20  # rules that wait for time; more are not told of

# Reading the store, in Lambda.
REFRESH_TIMEOUT_MS: Final = 250
SETTING_MAX_MS: Final = (
    900_000  # of a setting in milliseconds: no invocation lasts longer (AWS Lambda quotas)
)
FIRST_REFRESH_TIMEOUT_MS: Final = 1_000
STALE_MAX_S: Final = 15 * 60
AUTO_REFRESH_S: Final = 120.0  # between reads with the policy `auto`, where the document does not say
AUTO_REFRESH_MAX_S: Final = 600.0  # that it may say; less than the time that rules stay without a good read
ANSWER_MAX_BYTES: Final = 256 * 1024  # 8 KB of rules, escaped, and what AWS puts around them
CONNECTION_IDLE_MAX_S: Final = (
    300  # a NAT gateway forgets a silent connection after 350 s (Amazon VPC user guide)
)
DIAL_MAX_S: Final = 5
SHARED_MAX_AGE_S: Final = (
    1.0  # processes of one environment that read within so long of each other share the answer
)
BACKOFF_FIRST_S: Final = 1.0  # after a failed read; longer with each that follows
BACKOFF_MAX_S: Final = 300
FLUSH_TIMEOUT_MS: Final = 200
FLUSH_MIN_REMAINING_MS: Final = 50  # of the invocation's time is left alone by a flush
INSTALL_MIN_REMAINING_MS: Final = 500
REBUILT_MAX_BYTES: Final = (
    40_000  # of one function's bytecode, where its source does not help: 0.2 s of a whole CPU
)
FIRST_INSTALL_MAX_MS: Final = 2_000  # in INIT, which may take 10 s (Lambda quotas)
SEARCH_MAX_OBJECTS: Final = (
    5_000  # for a module's functions: 5 ms; then all objects of the process are walked
)
REFERRERS_OF_MAX: Final = 20  # code objects: each reference in the process is compared with each of them
INSTALL_STEP_MS: Final = 20  # that go into a module once it is begun: small ones go in at once
INSTALL_MAX_MS: Final = 200  # of one invocation: several times what a first rule takes of a whole CPU

# A local invocation without --timeout: Lambda's own default.
LOCAL_TIMEOUT_S: Final = 3.0
LOCAL_DIR: Final = ".hotlog"  # where rules and events lie without AWS, below the current directory
SINK_TURN_MAX_MS: Final = 1_000  # for another thread's line to get out

# The `cloudwatch:` sink.
SINK_OPEN_TIMEOUT_MS: Final = 2_000  # once per environment: imports, a client, CreateLogStream
SINK_CALL_TIMEOUT_MS: Final = 1_000  # of a socket: how long a call that was given up lives on
SINK_FIRST_BACKOFF_S: Final = 10.0
SINK_HELD_MAX_BYTES: Final = 1_000_000  # one call of PutLogEvents takes 1,048,576 (CloudWatch Logs quotas)
LOG_EVENT_OVERHEAD_BYTES: Final = 26  # the same: what each event counts beside its text

# The context of an invocation: what is beyond these is no fact.
CONTEXT_FACT_MAX_CHARS: Final = 500
CORRELATION_PLACE_DIGITS: Final = 5  # of the place of an element: no batch is longer
CONTEXT_LEFT_MAX_MS: Final = 86_400_000  # Lambda ends an invocation after 15 minutes

# What is read of source files.
SOURCE_MAX_BYTES: Final = 8 * 1024 * 1024  # of one file: generated tables stay below it

# Writing the store, from the desk.
STORE_CONNECT_TIMEOUT_S: Final = 3
STORE_READ_TIMEOUT_S: Final = 4
STORE_ATTEMPTS_MAX: Final = 5
WRITE_ROUNDS_MAX: Final = 50  # times in a row that writes of others may get in our way
WRITE_FAILURES_MAX: Final = 4  # failed rounds in a row
WRITE_BEHIND_MAX: Final = (
    40  # of the 100 versions that are kept: the rest is for replaying what led to the base
)
WRITE_PAUSE_FIRST_S: Final = 0.1
WRITE_PAUSE_MAX_S: Final = 5.0  # Parameter Store takes single-digit writes per second
FILE_LOCK_MAX_S: Final = 10.0  # for other commands that write the same file
