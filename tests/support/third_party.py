"""Libraries that other people put around their handlers, in a folder of their own: none of them is a dependency here.

Downloaded once per Python into `.cache/` of the checkout. ddtrace, which Datadog's wrapper needs, would plug itself into
every pytest of an environment that it is installed in.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.places import CACHE

PACKAGES = (
    "aws-durable-execution-sdk-python",
    "aws-lambda-powertools",
    "aws-xray-sdk",
    "datadog-lambda",
    "mangum",
    "sentry-sdk",
)
_DOWNLOAD_MAX_S = 300


@functools.cache
def third_party() -> Path:
    """The folder they are in.

    Raises:
        subprocess.CalledProcessError: pip could not install them.
    """
    place = CACHE / f"third-party-{sys.version_info.major}.{sys.version_info.minor}"
    if not place.exists():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            subprocess.run(
                [sys.executable, "-m", "pip", "install", "-q", "--target", f"{folder}/site", *PACKAGES],
                check=True,
                capture_output=True,
                timeout=_DOWNLOAD_MAX_S,
            )
            try:
                Path(folder, "site").rename(place)
            except OSError:  # another test process was faster
                if not place.exists():
                    raise
    return place


@functools.cache
def unusable() -> str:
    """Why they cannot be had here, in one sentence; empty where they can."""
    try:
        third_party()
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as fault:
        return f"the third-party libraries could not be downloaded: {fault}"
    return ""
