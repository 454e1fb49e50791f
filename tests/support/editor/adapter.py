"""`hotlog dap`, as the one argument that DebugClient starts; a lease may be shorter than an editor's."""

from __future__ import annotations

import os
import sys

from hotlog.cli import main
from hotlog.client import desk_limits

if __name__ == "__main__":
    lease_s = float(os.environ.get("LEASE_S", desk_limits.DAP_LEASE_S))
    vars(desk_limits)["DAP_LEASE_S"] = lease_s
    sys.exit(main(["dap", *os.environ.get("DAP_WORDS", "").split()]))
