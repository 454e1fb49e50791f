"""The numbers of the desk, with their units in their names: commands, page, editors and agents. A function loads none of them."""

from __future__ import annotations

from typing import Final

EXPIRY_DEFAULT_S: Final = 3_600  # that a rule lives where nobody says how long

# Why invocations fail: what is counted, recorded and pasted, as it is told.
SUSPECTS_BAD_MIN: Final = 10  # bad invocations, and good ones: fewer tell nothing
SUSPECTS_LISTED: Final = 5
WHY_RECORDINGS_MAX: Final = 20  # bad ones of each environment, while somebody waits for one
WHY_GOOD_MAX: Final = 20  # that a bad one is compared with; and other bad ones
WHY_PAGES_MAX: Final = 20  # of the log that are looked through for recordings
PASTED_RULES_MAX: Final = 6  # that a pasted traceback becomes
PASTED_NAMES_MAX: Final = 6  # in one of them
PASTED_EVENTS_MAX: Final = 20  # of each, per environment
PASTED_WAIT_S: Final = 0.3  # for what stands on stdin
WATCHED_GRACE_S: Final = 60  # that a rule outlives the wait for it: the desk takes it away
LAST_EVENTS_MAX_S: Final = 8.0  # the desk waits for what environments tell as they take a rule out

# Proofs, at the desk.
PROOF_LATE_MAX_S: Final = 5 * 60  # between the moment that an event tells and its line in the log
PROOFS_REMEMBERED_MAX: Final = 20_000
PROOF_KEYS_EVERY_S: Final = 5
# The Lambda layer: all of it is unpacked at every cold start (AWS allows 250 MB for code and layers together).
LAYER_MAX_BYTES: Final = 250_000  # zipped, without bytecode
LAYER_PYTHON_MAX_BYTES: Final = 690_000  # that the bytecode of one Python adds
LAYER_SOURCES_MAX_BYTES: Final = 10_000_000  # unpacked: what is larger is none of ours

# What commands fetch to check a rule against the code that is deployed, and what they look through.
PACKAGES_CACHED_MAX: Final = 20
SOURCE_FACTS_MAX: Final = 20_000  # small answers about files that searches keep
PARSED_MAX_BYTES: Final = (
    2 * 1024 * 1024
)  # of source whose syntax trees are kept: a tree takes thirty times as much
FOUND_MAX: Final = 50  # places that a search returns
PATTERN_MAX_CHARS: Final = 2_000  # of a regular expression that looks for places in code
PATTERN_MAX_S: Final = 10  # that a regular expression of somebody's may search
EVENTS_PAGE_MAX: Final = 100
CURSOR_LINES_MAX: Final = 2_000  # lines of the last minute that a cursor names
FUNCTIONS_MAX: Final = 50  # that one pattern may stand for
WAIT_MAX_S: Final = 300  # for the first environment that reports a rule

# Coding agents: `hotlog mcp`.
AGENT_RULES_MAX: Final = 10  # that one server may have live
AGENT_EVENTS_MAX: Final = 200  # that one server hands out
AGENT_MINUTES_MAX: Final = 60  # that a rule of an agent may live
AGENT_LINES_DEFAULT: Final = 5  # that a rule of an agent logs in each environment
AGENT_TYPED_LINES: Final = 20  # that one logs that was typed: what comes of several is read together
AGENT_RESULT_MAX_CHARS: Final = 6_000  # of what a tool returns
AGENT_LINE_MAX_CHARS: Final = 120  # of what one log line takes in it
EVENT_LOOK_BACK_S: Final = 86_400  # for the event of a request that somebody names
EVENT_PAGES_MAX: Final = 20  # of the log that are read for it
AGENT_ERROR_MAX_CHARS: Final = 350  # of what one event with frames or variables takes
AGENT_CURSOR_LINES_MAX: Final = 40  # that its cursor names: it stands in each result
AGENT_REASON_MAX_CHARS: Final = 200  # it is stored with each rule
AGENT_MESSAGE_MAX_CHARS: Final = 500  # a person must be able to read all of what is asked for
AGENT_ARGUMENT_MAX_CHARS: Final = 100_000  # a traceback or a diff is shorter
AGENT_ARGUMENT_MAX_DEPTH: Final = 20
AGENT_WAITS_MAX: Final = 8  # at once: others queue, and what does not wait goes on
CONSENT_MAX_S: Final = 120  # a yes that comes later counts for nothing
CONSENT_GRANT_S: Final = 900  # that "this function for 15 minutes" lasts
PROPOSAL_MAX_S: Final = 900  # that a proposal waits for `hotlog approve`

# The page: `hotlog ui`.
UI_IDLE_MAX_S: Final = 8 * 3_600  # without a request of a person; then it closes itself
UI_EVENTS_KEPT: Final = 20_000  # of one function, in memory
UI_EVENTS_SHOWN: Final = 200  # below the code; older ones stand with their request
UI_REQUESTS_SHOWN: Final = 100
UI_STORY_EVENTS_MAX: Final = 500  # of one request
UI_CURSOR_LINES_MAX: Final = 10_000  # that its cursor names: it stays in memory
UI_STEPS_MAX: Final = 5_000  # of a recording, in its player
UI_BATCH: Final = 200  # events that go to the browser at once
UI_BODY_MAX_BYTES: Final = 64 * 1024  # of a rule that is checked or added
UI_TICK_S: Final = 0.05  # between two looks at what the page knows already
UI_POLL_S: Final = (
    1.0  # between two looks at Parameter Store and CloudWatch Logs, while somebody looks at the page
)
UI_ASK_AGAIN_S: Final = 20  # so long an answer of AWS about a function counts, while somebody types a rule

# Editors: `hotlog dap`.
DAP_LEASE_S: Final = 900  # that a rule of an editor lives unless it is renewed: an editor may be killed
DAP_MINUTES_DEFAULT: Final = 30  # that leases are renewed at most, where the editor says nothing
DAP_FRAMES_MAX: Final = 10  # of the call stack of a capture
DAP_CAPTURES_MAX: Final = 100  # that wait to be shown
DAP_PARTS_MAX: Final = 50  # of recordings that are not whole yet
DAP_OUTPUTS_MAX: Final = 1_000  # log lines whose values can be opened
DAP_HEADER_MAX_BYTES: Final = 200  # of one line before a message
DAP_MESSAGE_MAX_BYTES: Final = 16 * 1024 * 1024
DAP_NAME_MAX_CHARS: Final = 64  # of the editor's name: it is stored with each rule
DAP_TOKEN_BYTES: Final = 24

# Asking AWS, from the desk.
AWS_CONNECT_TIMEOUT_S: Final = 3
AWS_READ_TIMEOUT_S: Final = 20
AWS_ATTEMPTS_MAX: Final = 3
DOWNLOAD_TIMEOUT_S: Final = 20  # of a package, without a byte
SOURCE_MAX_FILES: Final = 5_000  # below a directory that is searched for sources
ACCOUNT_CONCURRENCY: Final = (
    1_000  # Lambda's default quota per account and Region: what a flood could come from
)
CONCURRENCY_PERIOD_S: Final = 3_600  # of the metric that says how many environments there have been
ENVIRONMENT_LIFE_S: Final = (
    300.0  # of an environment, where it is short: how often one starts and reads is not told by a metric
)
PARAMETER_READS_HIGHER_PER_S: Final = 10_000  # with higher throughput on
PARAMETER_READ_USD_A_MONTH: Final = 12.96  # one a second, with higher throughput on: 0.05 for 10,000
PARAMETER_READS_PER_S: Final = 40  # of an account and Region, all functions together (Systems Manager quotas)
PARAMETER_READS_SHARE: Final = 0.5  # of the quota: beyond it, the application's own reads would feel it

# Many functions at once. Lambda's control plane takes 15 requests a second of an account, all callers together, and an attach makes
# four; PutParameter's rate is not published.
FLEET_WORKERS: Final = 8
FLEET_FIRSTS_MAX: Final = 3  # done alone until one of them can be done
FLEET_ATTEMPTS_MAX: Final = 6  # of one function, where AWS throttles
FUNCTION_CHANGES_PER_S: Final = 3.0
PARAMETER_WRITES_PER_S: Final = 5.0
FLEET_LOOKS_PER_S: Final = (
    5.0  # at functions: FilterLogEvents takes 5 to 10 requests a second (CloudWatch Logs quotas)
)
FOLLOWED_MAX: Final = 10  # functions at once: so many log groups a live tail takes

# Following events.
SILENCE_HINT_AFTER_S: Final = 15  # then what may keep events away is looked for
LOG_POLL_S: Final = 2.0
LOG_POLL_MAX_S: Final = 30.0  # where CloudWatch Logs throttles
LOG_OVERLAP_MS: Final = (
    60_000  # that each poll looks back: a line may become visible later than a younger one
)
FILE_POLL_S: Final = 0.2
OPERAND_VALUES_NAMED: Final = 6  # by a status, of all environments

# Attaching.
INIT_MAX_S: Final = (
    10  # Lambda: INIT of an on-demand environment; then it starts again, within the function's timeout
)
FUNCTION_LAYERS_MAX: Final = 5  # Lambda quotas
FUNCTION_VARIABLES_MAX_BYTES: Final = 4_096  # the same: all environment variables together
UPDATE_MAX_S: Final = 300.0  # an update of a function in a VPC may take minutes
UPDATE_WRITES_MAX: Final = 5  # so often somebody else may come first
LAYER_COMPILE_TIMEOUT_S: Final = 60  # by another Python
VERIFY_ANSWER_MAX_S: Final = 120.0  # whoever starts more slowly than that is taken for one who does not start
VERIFY_ANNOUNCE_S: Final = 1_800  # so long after an attach a start tells about itself
VERIFY_READY_MAX_S: Final = 60.0  # for the version that was published
VERIFY_WATCH_MAX_S: Final = 300.0  # for a start, in the log

# Typed lines, and recordings as they are told.
GIT_TIMEOUT_S: Final = 30  # for one look at a working copy
TREE_TABLE_MAX: Final = (
    4_000_000  # cells of the table that compares two blocks exactly; larger ones are compared roughly
)
STORY_MAX_LINES: Final = 40  # of a recording, as it is told
STORY_VALUE_MAX_CHARS: Final = 60  # of a value in it
STORY_ARGUMENT_MAX_CHARS: Final = 30  # of an argument or an operand
TRY_DEFAULT_S: Final = 900  # that typed lines live as rules
DIFF_MAX_CHARS: Final = 200_000  # of one that is taken for log lines
