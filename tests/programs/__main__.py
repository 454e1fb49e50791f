"""`python -m tests.programs --count 20000 [--backend NAME] [--seed N] [--seconds N]`: as many programs as you like."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pprint import pformat
from typing import TYPE_CHECKING, TextIO

from hotlog.probes.backends import choose_backends
from tests.programs.check import Difference, check, through

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType

_SHOWN_MAX = 20
_PROGRESS_S = 10.0  # seconds between two lines of progress


def main() -> int:
    """Run the programs; print differences as they are found, progress on stderr, and a summary. Exit 1: there were differences."""
    parser = argparse.ArgumentParser(prog="python -m tests.programs", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="of the first program")
    parser.add_argument("--backend", default="", help="force one; default: as in production")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument(
        "--through-bytecode",
        choices=("defaults", "conserved"),
        help="no probes: send the code through the `bytecode` package, with its defaults or with the depths conserved",
    )
    options = parser.parse_args()
    if options.through_bytecode:
        return _through_bytecode(options)
    return _probed(options)


def _probed(options: argparse.Namespace) -> int:
    backends = choose_backends(options.backend)
    if not backends:
        sys.exit(f"there is no backend {options.backend!r}")
    programs = probes = hits = 0
    taken: Counter[str] = Counter()
    found = 0
    start_s = progress_s = time.monotonic()
    for seed in range(options.seed, options.seed + options.count):
        now_s = time.monotonic()
        if now_s - start_s > options.seconds:
            break
        if now_s - progress_s >= _PROGRESS_S:
            progress_s = now_s
            _say(f"{programs} programs, {probes} probes, {found} differences so far", sys.stderr)
        checked = check(seed, backends)
        programs += 1
        probes += checked.probes
        hits += checked.hits
        taken.update(outcome.fault.code if outcome.fault else outcome.backend for outcome in checked.outcomes)
        _show(checked.differences[: max(_SHOWN_MAX - found, 0)])
        found += len(checked.differences)
    _say(f"Python {sys.version.split()[0]}: {programs} programs, {probes} probes, {hits} hits")
    _say(", ".join(f"{name} {count}" for name, count in taken.most_common()))
    _say(f"{found} differences in {time.monotonic() - start_s:.0f} s")
    return 1 if found else 0


def _through_bytecode(options: argparse.Namespace) -> int:
    """A crash of the interpreter is an answer too: so each difference is printed at once."""
    convert = _defaults if options.through_bytecode == "defaults" else _conserved
    found = 0
    for seed in range(options.seed, options.seed + options.count):
        differences = through(seed, convert)
        found += len(differences)
        _show(differences[:_SHOWN_MAX])
    _say(f"{found} differences in {options.count} programs")
    return 1 if found else 0


def _defaults(code: CodeType) -> CodeType:
    from bytecode import Bytecode

    return _rebuilt(code, lambda each: Bytecode.from_code(each).to_code())


def _conserved(code: CodeType) -> CodeType:
    from bytecode import ConcreteBytecode

    return _rebuilt(
        code,
        lambda each: (
            ConcreteBytecode.from_code(each)
            .to_bytecode(conserve_exception_block_stackdepth=True)
            .to_code(stacksize=each.co_stacksize, compute_exception_stack_depths=False)
        ),
    )


def _rebuilt(code: CodeType, rebuild: Callable[[CodeType], CodeType]) -> CodeType:
    """The code object and all nested in it, each sent through the package."""
    inner = tuple(
        _rebuilt(each, rebuild) if isinstance(each, type(code)) else each for each in code.co_consts
    )
    try:
        return rebuild(code.replace(co_consts=inner))
    except (
        IndexError
    ):  # 3.13: comprehensions with lambdas in type-parameter scopes are more than the package can read
        return code


def _show(differences: Sequence[Difference]) -> None:
    for each in differences:
        _say(
            f"seed {each.seed}: {each.what}\n  expected {_short(each.expected)}\n  found    {_short(each.found)}"
        )


def _say(text: str, stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    stream.write(text + "\n")
    stream.flush()  # the interpreter may crash before the end


def _short(value: object) -> str:
    return pformat(value, width=200, compact=True)[:1_000]


if __name__ == "__main__":
    sys.exit(main())
