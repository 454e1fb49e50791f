"""How one Python differs from the next: one flag for each difference that hotlog's code depends on.

Each flag says what is so where it is true, since when, and who says so. Whoever adds a Python goes through this page. Code
that names `sys.monitoring` asks `sys.version_info` itself: a type checker understands nothing else there.
"""

from __future__ import annotations

import sys
from typing import Final

from hotlog import __builtins__

# `sys.monitoring` is there: it tells of single code objects, in all threads. Before, there is `sys.settrace`, which tells
# one tracer of one thread (3.12, PEP 669).
HAS_MONITORING: Final = sys.version_info >= (3, 12)

# A comprehension runs in the function around it, and its variables are among the function's. In a class body they are
# hidden from the namespace, which a rebuilt code object does not do (3.12, PEP 709).
INLINES_COMPREHENSIONS: Final = sys.version_info >= (3, 12)

# A call is one instruction, `CALL`. Before, `PRECALL` comes first, and nothing may stand between the two (3.12, What's New,
# "CPython bytecode changes").
CALLS_WITHOUT_PRECALL: Final = sys.version_info >= (3, 12)

# The `RERAISE` behind a `finally` body has no line of its own. Before, it has that of the body's last statement, also where that has
# not run, and a `pass` there leaves nothing else (3.12, Python/compile.c).
RERAISES_WITHOUT_LINE: Final = sys.version_info >= (3, 12)

# The lowest bit of `LOAD_ATTR`'s argument, and the two lowest of `LOAD_SUPER_ATTR`'s, are flags: the number of the name
# stands above them (3.12, documentation of `dis`, `LOAD_ATTR` and `LOAD_SUPER_ATTR`).
ATTRIBUTE_NAMES_ARE_SHIFTED: Final = sys.version_info >= (3, 12)

# `f_locals` of a function's frame is a view of its variables. Before, it is a dict that the frame keeps, with all the values that
# it had when somebody asked last (3.13, PEP 667).
FRAME_LOCALS_ARE_A_VIEW: Final = sys.version_info >= (3, 13)

# The NULL of a call without a `self` lies above the callable. Before, it lies below (3.13, documentation of `dis`, `CALL`).
PUSHES_NULL_AFTER_CALLABLE: Final = sys.version_info >= (3, 13)

# `END_FOR` pops one value, and the instruction behind it pops the iterator: both belong together (3.13, Python/bytecodes.c).
END_FOR_LEAVES_ITERATOR: Final = sys.version_info >= (3, 13)

# `dis._inline_cache_entries` has the names of instructions as its keys. Before, it is a list by their numbers (3.13, Lib/dis.py).
NAMES_CACHE_ENTRIES: Final = sys.version_info >= (3, 13)
