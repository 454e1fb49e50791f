"""What may be probed, and what never, wherever somebody has put it."""

from __future__ import annotations

import ast
import json
import os
import sysconfig
from pathlib import Path

import pytest

from hotlog import config, limits
from hotlog.source import probeable
from hotlog.source.probeable import CodeRoots
from tests.unit.test_house import FILES

ALLOWED = ["app.py", "shop/pricing.py", "vendor/mine.py", "shop/boto3_stubs.py", "hotlogger.py"]
CLOSED = [
    "botocore/auth.py", "boto3/session.py", "vendor/botocore/auth.py", "vendor/lib/python3.13/site-packages/botocore/auth.py", "lib.zip/botocore/credentials.py",
    "shop/vendored/s3transfer/manager.py", "hotlog/hits/rule_handler.py", "python/hotlog/agent/agent.py", "botocore.py", "vendor/aiobotocore/session.py", "requests/sessions.py", "six.py", "../outside.py", "../app.py",
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "hotlog"  # the name of the root itself forbids nothing
    installed = made / "requests-2.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "RECORD").write_text("requests/sessions.py,,\nsix.py,,\n../../bin/x,,\n")
    return made


@pytest.mark.parametrize("file", ALLOWED)
def test_the_functions_own_code_may_be_probed(root: Path, file: str) -> None:
    assert CodeRoots(str(root)).allows(str(root / file))


@pytest.mark.parametrize("file", CLOSED)
def test_what_holds_credentials_or_was_installed_may_not(root: Path, file: str) -> None:
    roots = CodeRoots(str(root))
    assert not roots.allows(str(root / file))
    assert file.rpartition("/")[2] in roots.why_not(str(root / file))


def test_the_owner_opens_what_was_installed_but_never_what_holds_credentials(root: Path) -> None:
    layer = root.parent / "layer"
    roots = CodeRoots(str(root), ("requests", "six.py", str(layer), "botocore", str(layer / "botocore")))
    opened = ["requests/sessions.py", "six.py", "../layer/lib.py"]
    assert [file for file in opened if not roots.allows(str(root / file))] == []
    closed = ["botocore/auth.py", "../layer/botocore/auth.py", "../layer/hotlog/hits/rule_handler.py"]
    assert [file for file in closed if roots.allows(str(root / file))] == []


def test_the_standard_library_and_hotlog_stay_closed_whatever_is_opened() -> None:
    import hotlog

    roots = CodeRoots("/", tuple(str(Path(str(module.__file__)).parent) for module in (json, hotlog)))
    assert not roots.allows(json.__file__)
    assert not roots.allows(hotlog.__file__)


def test_a_link_leads_nowhere_else(root: Path) -> None:
    (root.parent / "outside.py").write_text("")
    (root / "link.py").symlink_to(root.parent / "outside.py")
    assert not CodeRoots(str(root)).allows(str(root / "link.py"))


def test_the_interpreters_folders_are_those_that_sysconfig_names() -> None:
    paths = sysconfig.get_paths()
    wanted = {os.path.realpath(paths[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    assert set(probeable._interpreter()) == wanted


def test_packages_that_are_closed_are_named_in_one_place() -> None:
    """A package that is closed here and open there is how a credential gets out."""
    names = config.CREDENTIAL_PACKAGES | config.CALLED_PACKAGES
    assert names - config.CLOSED_PACKAGES == {"urllib3"}
    listed = {
        module: {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)} & set(names)
        for module, path in FILES.items()
        for tree in [ast.parse(path.read_text(encoding="utf-8"))]
    }
    assert [module for module, found in listed.items() if len(found) > 2] == ["hotlog.config"]


def test_no_small_number_is_a_secret_is_said_in_one_place() -> None:
    said = [
        module
        for module, path in FILES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and node.value == limits.SECRET_NUMBER_MIN
        and module != "hotlog.limits"
    ]
    assert said == ["hotlog.capture.snapshot"]  # a logarithm
