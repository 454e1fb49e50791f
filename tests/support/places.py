"""Where things are in this checkout."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
CACHE = ROOT / ".cache"  # what can be fetched again: interpreters' environments, AWS's emulator
