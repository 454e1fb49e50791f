"""Functions on this machine: a handler runs as Lambda would run it, and a payload is looked through as a hit would do it."""

from __future__ import annotations

from hotlog.local.environment import Environment, Result, check_redaction, invoke, neutral_variables

__all__ = ["Environment", "Result", "check_redaction", "invoke", "neutral_variables"]
