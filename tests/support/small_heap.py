"""A small heap for the tests of the engine, which looks through all objects that the collector sees at each install."""

from __future__ import annotations

import gc

from hotlog.interpreter import live_objects

_IS_FROZEN = live_objects._is_frozen


def freeze_all() -> None:
    """Take all objects that there are out of the collector's sight, and have the engine think that none is frozen.

    With what all lanes import and pytest collects, that is half a million. The engine takes a process that has frozen
    much for one of an application that did, and then looks further than the collector does; to count them takes 50 ms.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    live_objects._is_frozen = lambda: False


def show_frozen() -> None:
    """Have the engine know what is frozen, as in an application that froze its objects."""
    gc.freeze()
    live_objects._is_frozen = _IS_FROZEN
