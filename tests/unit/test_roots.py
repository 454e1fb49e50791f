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

ALLOWED = [
    "app.py",
    "shop/pricing.py",
    "vendor/mine.py",
    "shop/boto3_stubs.py",
    "hotlogger.py",
    "adapters/boto3.py",
    "mypk/bytecode.py",
    "botocore.py",
]
CLOSED = [
    "botocore/auth.py", "boto3/session.py", "vendor/botocore/auth.py", "vendor/lib/python3.13/site-packages/botocore/auth.py", "lib.zip/botocore/credentials.py",
    "shop/vendored/s3transfer/manager.py", "hotlog/hits/rule_handler.py", "python/hotlog/agent/agent.py", "vendor/aiobotocore/session.py", "requests/sessions.py", "six.py", "../outside.py", "../app.py",
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


GENERATED = ["<string>", "<attrs generated init app.Order>", "<frozen os>", "<template>", "<stdin>"]


@pytest.mark.parametrize("name", GENERATED)
def test_what_was_never_in_a_file_is_not_taken_for_a_file_below_the_root(root: Path, name: str) -> None:
    roots = CodeRoots(str(root))
    assert not roots.allows(name)
    assert "never in a file" in roots.why_not(name)


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_distributions_are_looked_for_in_every_folder_above_a_file(root: Path) -> None:
    """(what says that it is installed, its text, files of it, files beside it that are the application's own)"""
    vendor, deep = root / "vendor", root / "lib" / "python" / "site-packages"
    write(vendor / "httpx-1.0.dist-info" / "RECORD", "httpx/api.py,sha256=x,1\nhttpx.py,,\n")
    write(vendor / "old-1.0.egg-info" / "installed-files.txt", "../old/core.py\n../one_file.py\nPKG-INFO\n")
    write(vendor / "old-1.0.egg-info" / "SOURCES.txt", "setup.py\n")
    write(vendor / "debian-1.0.egg-info" / "top_level.txt", "deb\n")
    write(vendor / "older-1.0-py3.11.egg-info", "Name: older\n")
    write(vendor / "egg-1.0-py3.11.egg" / "egg" / "core.py")
    write(deep / "pkg-2.dist-info" / "RECORD", '"pkg/a,b.py",,\npkg/__init__.py,,\n')
    write(vendor / "mine.egg-info" / "SOURCES.txt", "mine/core.py\n")
    write(vendor / "mine.egg-info" / "top_level.txt", "mine\n")
    installed = [
        *(
            "httpx/api.py",
            "httpx.py",
            "old/core.py",
            "one_file.py",
            "deb/x.py",
            "deb.py",
            "older/x.py",
            "older.py",
        ),
        "egg-1.0-py3.11.egg/egg/core.py",
    ]
    own = [vendor / "mine" / "core.py", vendor / "mine.py", root / "app.py", root / "httpx" / "own.py"]
    roots = CodeRoots(str(root))
    assert [file for file in installed if roots.allows(str(vendor / file))] == []
    assert not roots.allows(str(deep / "pkg" / "__init__.py"))
    assert "HOTLOG_CODE_ROOTS" in roots.why_not(str(vendor / "old" / "core.py"))
    assert [str(file) for file in own if not roots.allows(str(file))] == []
    opened = CodeRoots(str(root), ("vendor/httpx",))
    assert opened.allows(str(vendor / "httpx" / "api.py"))
    assert not opened.allows(str(vendor / "old" / "core.py"))


def test_a_package_is_closed_by_what_it_is_and_not_by_its_name(root: Path) -> None:
    real = ["vendor/botocore", "shop/vendored/s3transfer", "deps/boto3", "deps/bytecode", "python/hotlog"]
    own = ["adapters/boto3", "shop/bytecode", "shop/hotlog", "shop/watchtower", "shop/botocore"]
    for folder, content in zip(real, ("session", "manager", "session", "instr", "limits"), strict=True):
        write(root / folder / f"{content}.py")
    for folder in own:
        write(root / folder / "__init__.py")
        write(root / folder / "client.py")
    write(root / "shop" / "__init__.py")
    write(root / "deps" / "watchtower" / "__init__.py")
    write(root / "compiled" / "botocore" / "session.pyc")
    roots = CodeRoots(str(root), ("deps",))
    assert [folder for folder in own if not roots.allows(str(root / folder / "client.py"))] == []
    closed = [*real, "deps/watchtower", "compiled/botocore"]
    assert [folder for folder in closed if roots.allows(str(root / folder / "inner" / "x.py"))] == []
    why = roots.why_not(str(root / "deps" / "boto3" / "x.py"))
    assert "boto3, which no rule and no setting opens" in why
    assert "HOTLOG_CODE_ROOTS" not in why, "it has no effect there"


def test_a_link_leads_nowhere_else(root: Path) -> None:
    (root.parent / "outside.py").write_text("")
    (root / "link.py").symlink_to(root.parent / "outside.py")
    assert not CodeRoots(str(root)).allows(str(root / "link.py"))


def test_the_interpreters_folders_are_those_that_sysconfig_names() -> None:
    paths = sysconfig.get_paths()
    wanted = {os.path.realpath(paths[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    assert set(probeable._interpreter()) == wanted


@pytest.mark.long
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


@pytest.mark.long
def test_no_small_number_is_a_secret_is_said_in_one_place() -> None:
    said = [
        module
        for module, path in FILES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and node.value == limits.SECRET_NUMBER_MIN
        and module not in {"hotlog.limits", "hotlog.client.desk_limits"}  # each has a name there
    ]
    assert said == ["hotlog.capture.scalars"]  # a logarithm
