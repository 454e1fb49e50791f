"""Fixtures for tests that need emulators. Imports at the top stay cheap: the engine's tests run without any of it."""

from __future__ import annotations

import gc
import importlib.util
import os
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

# A full collection in a process as large as that of these tests takes longer than a hit may: it would be charged to
# the hit in whose middle it begins, and its values be unavailable. So there is one after each file instead.
gc.set_threshold(700, 10, 10_000)


@pytest.fixture(scope="module", autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()


def absent(reason: str) -> NoReturn:
    """Skip where a developer's machine lacks something; in CI nothing may be lacking."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", name="account")
def _account() -> Iterator[Ministack]:
    if importlib.util.find_spec("ministack") is None:
        absent("ministack is not installed (it comes with the extra `dev`)")
    from tests.support.emulators import Ministack

    with Ministack() as account:
        yield account


@pytest.fixture
def ministack(account: Ministack) -> Ministack:
    """An AWS account with nothing in it."""
    account.reset()
    return account


@pytest.fixture(params=["emulator", "runtime-api"])
def function(request: pytest.FixtureRequest) -> type[Function]:
    """Runs handlers: once under AWS's emulator, once under our own Runtime API."""
    from tests.support.lambda_runtime import RUNTIMES

    runtime = RUNTIMES[request.param]
    if reason := runtime.missing():
        absent(reason)
    return runtime
