"""Modules of the standard library that are one file, each with something that runs a good part of it."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = "The quick brown fox, aged 7, jumps over a lazy dog -- twice. It's 3 o'clock! " * 2
_INI = "[a]\nx = 1\ny = ${x}\n[b]\nz: %(z2)s\nz2 = 5\n"
_CODE = "def f(a, *, b=1):\n    return [i for i in a if i > b]\n"


def _textwrap(m: Any) -> None:
    (
        m.wrap(_TEXT, 20),
        m.dedent("  a\n   b\n"),
        m.indent(_TEXT, "> "),
        m.shorten(_TEXT, 30),
        m.fill("x" * 50, 8),
    )


def _shlex(m: Any) -> None:
    m.split("a 'b c' \"d e\" # f", comments=True), m.quote("a b"), m.join(["a", "b c"])
    list(m.shlex("a&&b || c", punctuation_chars=True))


def _difflib(m: Any) -> None:
    list(m.unified_diff(["a", "b", "c"], ["a", "x", "c"])), list(m.ndiff(["one", "two"], ["one", "tow"]))
    m.get_close_matches("appel", ["ape", "apple", "peach"]), m.SequenceMatcher(None, "abcd", "bcde").ratio()


def _fractions(m: Any) -> None:
    total = m.Fraction(1, 3) + m.Fraction("2/7") * 3 - m.Fraction("0.25")
    total.limit_denominator(10), total**2, total // 1, round(total, 1), str(total), total < 1


def _graphlib(m: Any) -> None:
    list(m.TopologicalSorter({"d": {"b", "c"}, "b": {"a"}, "c": {"a"}}).static_order())
    with contextlib.suppress(ValueError):
        m.TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


def _string(m: Any) -> None:
    (
        m.capwords("a b c"),
        m.Template("$a ${b} $$").substitute(a=1, b=2),
        m.Template("$a $").safe_substitute(a=1),
    )
    m.Formatter().format("{0} {a!r:>5} {b[1]}", 1, a=2, b=[3, 4])


def _colorsys(m: Any) -> None:
    for each in ((0.2, 0.4, 0.4), (0.5, 0.1, 0.9), (0.0, 0.0, 0.0)):
        (
            m.rgb_to_hls(*each),
            m.hls_to_rgb(*each),
            m.rgb_to_hsv(*each),
            m.hsv_to_rgb(*each),
            m.rgb_to_yiq(*each),
        )


def _posixpath(m: Any) -> None:
    m.join("a", "/b", "c"), m.normpath("a/./b/../c//d"), m.relpath("/a/b", "/a/c"), m.splitext("x.tar.gz")
    (
        m.commonpath(["/a/b", "/a/c"]),
        m.expandvars("$HOMEX/a"),
        m.split("/a/b"),
        m.basename("a/b"),
        m.isabs("/a"),
    )


def _ntpath(m: Any) -> None:
    (
        m.join("c:\\a", "b", "d:\\c"),
        m.normpath("a\\.\\b\\..\\c"),
        m.splitdrive("c:\\a"),
        m.splitext("x.y"),
        m.split("c:\\a\\b"),
    )


def _calendar(m: Any) -> None:
    (
        m.TextCalendar().formatmonth(2024, 2),
        m.isleap(2024),
        m.monthrange(2024, 2),
        m.HTMLCalendar().formatmonth(2024, 2),
    )


def _configparser(m: Any) -> None:
    parser = m.ConfigParser(interpolation=m.ExtendedInterpolation())
    parser.read_string("[a]\nx = 1\ny = ${x}0\n[b]\nz = 5\n")
    parser.getint("a", "y"), parser.items("a"), parser.set("a", "q", "1"), parser.write(io.StringIO())
    with contextlib.suppress(m.Error):
        m.ConfigParser().read_string(_INI + "broken")


def _csv(m: Any) -> None:
    m.Sniffer().sniff("a;b;c\n1;2;3\n4;5;6\n"), m.Sniffer().has_header("a,b\n1,2\n3,4\n")
    list(m.DictReader(["a,b", "1,2", "3"])), m.DictWriter(io.StringIO(), ["a"]).writerow({"a": 1})


def _ipaddress(m: Any) -> None:
    network = m.ip_network("10.0.0.0/29")
    (
        list(network.hosts()),
        list(network.subnets(1)),
        m.ip_address("::1").exploded,
        m.ip_address("10.0.0.1") in network,
    )
    list(m.summarize_address_range(m.ip_address("10.0.0.1"), m.ip_address("10.0.0.9")))


def _statistics(m: Any) -> None:
    data = [1, 2, 2, 3.5, 9]
    (
        m.mean(data),
        m.median(data),
        m.mode(data),
        m.stdev(data),
        m.quantiles(data),
        m.multimode(data),
        m.harmonic_mean([1, 2]),
    )


def _tokenize(m: Any) -> None:
    (
        list(m.tokenize(io.BytesIO(_CODE.encode()).readline)),
        m.untokenize(m.generate_tokens(io.StringIO(_CODE).readline)),
    )


def _pprint(m: Any) -> None:
    (
        m.pformat({"a": list(range(30)), "b": {"c": (1, 2)}, "d": "x" * 100}, width=40),
        m.saferepr([1, {2: 3}]),
        m.isreadable([1]),
    )


def _base64(m: Any) -> None:
    (
        m.b32encode(b"abc"),
        m.b32decode("MFRGG==="),
        m.a85encode(b"abcd"),
        m.a85decode(m.a85encode(b"hello")),
        m.b85decode(m.b85encode(b"hey")),
    )


def _quopri(m: Any) -> None:
    m.encode(io.BytesIO(b"a=b \xff" * 20), io.BytesIO(), 0), m.decode(io.BytesIO(b"a=3Db=\nc"), io.BytesIO())


def _copy(m: Any) -> None:
    value: dict[str, Any] = {"a": [1, (2, 3)], "b": {4}}
    value["self"] = value
    m.deepcopy(value), m.copy([1, 2]), m.copy({1: 2})


def _argparse(m: Any) -> None:
    parser = m.ArgumentParser("x", description="y " * 20)
    parser.add_argument("--a", type=int, choices=[1, 2], help="the a")
    parser.add_argument("rest", nargs="*")
    parser.parse_args(["--a", "1", "b", "c"]), parser.format_help()


def _sched(m: Any) -> None:
    scheduler = m.scheduler(lambda: 5, lambda _: None)
    (
        scheduler.enter(-1, 2, int),
        scheduler.enter(-2, 1, int),
        scheduler.cancel(scheduler.enter(3, 1, int)),
        scheduler.run(),
    )


def _fnmatch(m: Any) -> None:
    (
        m.translate("*.[ch]?[!a-c]"),
        m.filter(["a.py", "b.c"], "*.py"),
        m.fnmatch("A", "a"),
        m.fnmatchcase("abc", "a*c"),
    )


def _reprlib(m: Any) -> None:
    m.repr([list(range(20)), {"a": "x" * 80}, (1,), {2, 3}, 10**60])


def _gettext(m: Any) -> None:
    plural = m.c2py("n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2")
    [plural(n) for n in range(4)], m.gettext("x"), m.ngettext("a", "b", 2)


WORKLOADS: Final[dict[str, Callable[[Any], None]]] = {
    "textwrap": _textwrap, "shlex": _shlex, "difflib": _difflib, "fractions": _fractions, "graphlib": _graphlib,
    "string": _string, "colorsys": _colorsys, "posixpath": _posixpath, "ntpath": _ntpath, "calendar": _calendar,
    "configparser": _configparser, "csv": _csv, "ipaddress": _ipaddress, "statistics": _statistics, "tokenize": _tokenize,
    "pprint": _pprint, "base64": _base64, "quopri": _quopri, "copy": _copy, "argparse": _argparse, "sched": _sched,
    "fnmatch": _fnmatch, "reprlib": _reprlib, "gettext": _gettext,
}  # fmt: skip
