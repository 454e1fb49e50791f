"""Which modules the oracle runs, with which tests.

Of the standard library: modules with tests in the CPython installation, chosen to cover generators, async, `match`, `with`,
`try`/`finally`, comprehensions, decorators, dataclasses, descriptors and threads. Left out are modules that the
interpreter itself has loaded before anything else runs (`io`, `abc`, `codecs`), and tests that need minutes or a network.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Entry(NamedTuple):
    """Modules under test, and their tests.

    Attributes:
        modules: each with probes on every statement.
        tests: names for the test loader; those that this Python does not have are left out.
        skipped: parts of test ids that are left out: those take too long, or depend on the time of day or on allocations.
        package: of the package index; empty: the standard library.
        runner: `unittest` or `pytest`.
        explained: functions where a difference is expected, by name, with the reason.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    package: str = ""
    runner: str = "unittest"
    explained: Mapping[str, str] = MappingProxyType({})

    @property
    def name(self) -> str:
        return self.package or self.modules[0]


def _entry(
    modules: str, tests: str, skipped: str = "", explained: Mapping[str, str] = MappingProxyType({})
) -> Entry:
    names = tuple(f"test.{name}" for name in tests.split())
    return Entry(tuple(modules.split()), names, tuple(skipped.split()), explained=explained)


_OWN_CODE = (
    "its tests disassemble the module's own functions: a probed code object has other constants and names"
)
_ADDRESSES = "it sorts by address, and what hotlog allocates moves addresses"
_GARBAGE = (
    "it walks subclasses: how many of those that tests dropped are not collected yet depends on allocations"
)
_SET_OF_FUNCTIONS = (
    "its tests call the predicates in the order of a set of functions, which is that of their addresses"
)
_SET_OF_TYPES = "its callers walk a set of types, whose order is that of their addresses"
_DIS = (
    "_format_code_info",
    "_get_instructions_bytes",
    "_disassemble_bytes",
    "findlinestarts",
    "_get_code_array",
    # With probes around calls the tables of handlers are others, too.
    "code_info",
    "_parse_varint",
    "_parse_exception_table",
    "Bytecode.info",
)


FAST = (
    _entry("bisect", "test_bisect"),
    _entry("textwrap", "test_textwrap"),
    _entry("shlex", "test_shlex"),
    _entry("graphlib", "test_graphlib"),
    _entry("reprlib", "test_reprlib"),
    _entry("copy", "test_copy"),
    _entry("contextlib", "test_contextlib test_contextlib_async"),
    _entry("dataclasses", "test_dataclasses"),
    _entry("asyncio.queues", "test_asyncio.test_queues"),
    _entry("getopt", "test_getopt"),
    _entry("netrc", "test_netrc"),
    _entry("http.cookies", "test_http_cookies"),
    _entry("sched", "test_sched"),
    _entry("html.parser", "test_htmlparser"),
    _entry("tomllib._parser tomllib._re", "test_tomllib"),
)

REST = (
    _entry("argparse", "test_argparse"),
    _entry("ast", "test_ast test_unparse"),
    _entry("asyncio.base_events", "test_asyncio.test_base_events"),
    _entry("asyncio.events", "test_asyncio.test_events"),
    _entry("asyncio.locks", "test_asyncio.test_locks"),
    _entry("asyncio.runners", "test_asyncio.test_runners"),
    _entry("asyncio.streams", "test_asyncio.test_streams"),
    _entry("asyncio.taskgroups", "test_asyncio.test_taskgroups"),
    _entry("asyncio.tasks", "test_asyncio.test_tasks"),
    _entry("asyncio.timeouts", "test_asyncio.test_timeouts"),
    _entry("base64", "test_base64"),
    _entry("bz2", "test_bz2"),
    _entry("calendar", "test_calendar"),
    _entry("cmd", "test_cmd"),
    _entry("code", "test_code_module"),
    _entry("codeop", "test_codeop"),
    _entry("collections", "test_collections test_deque test_defaultdict test_ordered_dict test_userdict"),
    _entry("colorsys", "test_colorsys"),
    _entry(
        "concurrent.futures._base concurrent.futures.thread",
        "test_concurrent_futures.test_thread_pool test_concurrent_futures.test_future",
    ),
    _entry("configparser", "test_configparser"),
    _entry("copyreg", "test_copyreg"),
    _entry("csv", "test_csv"),
    _entry(
        "datetime", "test_datetime", "ZoneInfo"
    ),  # 3.11; a test for each of the world's zones takes minutes
    _entry("_pydatetime", "test_datetime", "ZoneInfo"),
    _entry("dbm.dumb", "test_dbm_dumb"),
    _entry("difflib", "test_difflib"),
    _entry("dis", "test_dis", explained=dict.fromkeys(_DIS, _OWN_CODE)),
    _entry(
        "email.header email.message email.utils email._parseaddr email.feedparser email.generator",
        "test_email",
    ),
    _entry("email._header_value_parser", "test_email.test__header_value_parser"),
    _entry("enum", "test_enum"),
    _entry("filecmp", "test_filecmp"),
    _entry("fileinput", "test_fileinput"),
    _entry("fnmatch", "test_fnmatch"),
    _entry("fractions", "test_fractions"),
    _entry("ftplib", "test_ftplib"),
    _entry("functools", "test_functools", explained={"_compose_mro": _GARBAGE}),
    _entry("gettext", "test_gettext"),
    _entry("glob", "test_glob"),
    _entry("gzip", "test_gzip"),
    _entry("heapq", "test_heapq"),
    _entry("hmac", "test_hmac"),
    _entry("http.cookiejar", "test_http_cookiejar"),
    _entry("http.client", "test_httplib"),
    _entry("imaplib", "test_imaplib"),
    _entry(
        "inspect",
        "test_inspect",
        # The predicates that others of the set call as well.
        explained=dict.fromkeys(("isclass", "isfunction", "_has_code_flag"), _SET_OF_FUNCTIONS),
    ),
    _entry("ipaddress", "test_ipaddress"),
    _entry(
        "json.decoder json.encoder json.scanner", "test_json", "ecursion test_large"
    ),  # minutes of nesting
    _entry("logging", "test_logging"),
    _entry("lzma", "test_lzma"),
    _entry("mailbox", "test_mailbox"),
    _entry("mimetypes", "test_mimetypes"),
    _entry("ntpath", "test_ntpath"),
    _entry("numbers", "test_abstract_numbers"),
    _entry("operator", "test_operator"),
    _entry("optparse", "test_optparse"),
    _entry("pathlib", "test_pathlib"),
    _entry("pkgutil", "test_pkgutil"),
    _entry("plistlib", "test_plistlib"),
    _entry("posixpath genericpath", "test_posixpath"),
    _entry("poplib", "test_poplib"),
    _entry(
        "pprint",
        "test_pprint",
        explained=dict.fromkeys(("_safe_key.__init__", "_safe_key.__lt__"), _ADDRESSES),
    ),
    _entry("pyclbr", "test_pyclbr"),
    _entry("queue", "test_queue"),
    _entry("quopri", "test_quopri"),
    _entry("random", "test_random"),
    _entry("rlcompleter", "test_rlcompleter"),
    _entry("secrets", "test_secrets"),
    _entry("selectors", "test_selectors"),
    _entry("shelve", "test_shelve"),
    _entry("shutil", "test_shutil"),
    _entry("smtplib", "test_smtplib"),
    _entry("statistics", "test_statistics", explained={"_coerce": _SET_OF_TYPES}),
    _entry("string", "test_string"),
    _entry("_strptime", "test_strptime"),
    _entry("symtable", "test_symtable"),
    _entry("tarfile", "test_tarfile"),
    _entry("tempfile", "test_tempfile"),
    _entry("threading", "test_threading test_threading_local"),
    _entry("timeit", "test_timeit"),
    _entry("tokenize", "test_tokenize"),
    _entry("traceback", "test_traceback"),
    _entry("types", "test_types"),
    _entry("typing", "test_typing"),
    _entry("unittest.mock", "test_unittest.testmock"),
    _entry("urllib.parse", "test_urlparse"),
    _entry("urllib.request", "test_urllib test_urllib2"),
    _entry("uuid", "test_uuid"),
    _entry("wave", "test_wave"),
    _entry(
        "weakref _weakrefset", "test_weakref test_weakset", "len_race"
    ),  # how much of its garbage is left there depends on the number of allocations
    _entry("xml.etree.ElementTree", "test_xml_etree"),
    _entry("xml.sax.saxutils xml.sax.expatreader", "test_sax"),
    _entry("zipfile", "test_zipfile"),
    _entry("zoneinfo._zoneinfo zoneinfo._common", "test_zoneinfo"),
)

PACKAGES = (
    Entry(
        ("boltons.iterutils", "boltons.dictutils", "boltons.cacheutils", "boltons.funcutils"),
        (
            "tests/test_iterutils.py",
            "tests/test_dictutils.py",
            "tests/test_cacheutils.py",
            "tests/test_funcutils.py",
        ),
        package="boltons",
        runner="pytest",
    ),
    Entry(
        ("toolz.itertoolz", "toolz.functoolz", "toolz.dicttoolz", "toolz.recipes"),
        ("toolz/tests",),
        package="toolz",
        runner="pytest",
    ),
)

EVERY = (*FAST, *REST)
