"""`python -m hotlog.cli`: the same as the `hotlog` command."""

import sys

from hotlog.cli import main

sys.exit(main())
