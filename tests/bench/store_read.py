"""What reading the rules costs: a cold start, a read, an invocation; beside boto3 and beside bare http.client.

`python -m tests.bench store_read`. Everything is measured in one run, in turn, against servers on this machine;
the medians of all rounds. Only the ratios travel to another machine.
"""

from __future__ import annotations

import argparse
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hotlog.rules.document import Document, dumps
from hotlog.rules.model import Rule, entry_of
from tests.support.places import ROOT
from tests.support.rule_server import RuleServer, answering, found, http

if TYPE_CHECKING:
    from collections.abc import Iterator

OVERHEAD_MAX_US, READ_MAX, COLD_START_MAX = 20.0, 1.5, 1.3  # the goals

# What the managed runtime has loaded before it imports a handler (`python -X importtime -m awslambdaric`).
AS_IN_LAMBDA = (
    "import json, logging, os, time, traceback, urllib.parse, http, signal, random, types, importlib, sys"
)

BARE = """
import http.client, json
host, port = os.environ["AWS_ENDPOINT_URL"].partition("://")[2].split(":")
body = json.dumps({"Name": "/hotlog/orders"}).encode()
if "https" in os.environ["AWS_ENDPOINT_URL"]:
    import ssl
    context = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    connection = http.client.HTTPSConnection(host, int(port), context=context)
else:
    connection = http.client.HTTPConnection(host, int(port))
connection.connect()
import socket
connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
HEADERS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameter"}
def read():
    connection.request("POST", "/", body, HEADERS)
    return json.loads(connection.getresponse().read())["Parameter"]["Value"]
"""
BOTO3 = """
import boto3
client = boto3.client("ssm")
def read():
    return client.get_parameter(Name="/hotlog/orders")["Parameter"]["Value"]
"""
HOTLOG_READ = """
from hotlog.stores.ssm.store import SsmStore
store = SsmStore()
def read():
    return store.read("orders", 5_000).text
"""
WRAPPED = """
import app
def read():
    return app.handler(1, None)
"""
APP = """
import hotlog

def handler(event, context):
    n = event + 1
    return n

handler = hotlog.wrap(handler)
"""

# One cold start: CPU until the first read, or first invocation, is over.
COLD = AS_IN_LAMBDA + "\nstart = time.process_time()\n{}\nread()\nprint(time.process_time() - start)\n"
# Many reads: the fastest of many short series, because whatever else the machine does only ever adds.
WARM = """
{}
{}
read()
clock = time.{}
spent = []
for _ in range({}):
    start = clock()
    for _ in range({}):
        read()
    spent.append((clock() - start) / {})
print(min(spent))
"""
CPU = "process_time"
BARE_HANDLER = """
def read(event=1, context=None):
    n = event + 1
    return n
"""


def main() -> None:
    """Measure, print the tables, and say which goals are met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench store_read", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    now = datetime.now(UTC)
    rule = Rule(
        at="app.py:5", message="n={n}", condition="n > 10", created=now, expires=now + timedelta(hours=1)
    )
    document = dumps(Document(entries=(entry_of(rule),)))
    with _servers(found('{"v":1}'), found(document)) as (plain, secure, with_rule):
        cold = {
            "bare http.client": (COLD.format(BARE), plain, "each"),
            "hotlog, no rules": (COLD.format(WRAPPED), plain, "each"),
            "hotlog, one rule": (COLD.format(WRAPPED), with_rule, "each"),
            "boto3": (COLD.format(BOTO3), plain, "each"),
            "bare http.client, TLS": (COLD.format(BARE), secure, "each"),
            "hotlog, no rules, TLS": (COLD.format(WRAPPED), secure, "each"),
            "boto3, TLS": (COLD.format(BOTO3), secure, "each"),
        }
        warm = {
            "bare http.client": (_warm(BARE, 100), plain, "each"),
            "hotlog": (_warm(HOTLOG_READ, 100), plain, "each"),
            "boto3": (_warm(BOTO3, 30), plain, "each"),
            "bare http.client, TLS": (_warm(BARE, 100), secure, "each"),
            "hotlog, TLS": (_warm(HOTLOG_READ, 100), secure, "each"),
            "boto3, TLS": (_warm(BOTO3, 30), secure, "each"),
        }
        invoked = {
            "bare handler": (_warm(BARE_HANDLER, 2_000), plain, "each"),
            "wrapped, no rules, warm cache": (_warm(WRAPPED, 2_000), plain, "3600"),
            "wrapped, one rule with a false condition, warm cache": (
                _warm(WRAPPED, 2_000),
                with_rule,
                "3600",
            ),
            "wrapped, no rules, each": (_warm(WRAPPED, 100), plain, "each"),
            "wrapped, no rules, background": (_warm(WRAPPED, 100), plain, "background"),
        }
        cold_s, warm_s, invoked_s = (_measured(each, given.rounds) for each in (cold, warm, invoked))
    _print("cold start to the end of the first read, ms of CPU", cold_s, 1e3)
    _print("one more read, µs", warm_s, 1e6)
    _print("one invocation, µs; of CPU where nothing is read", invoked_s, 1e6)
    overhead_us = (invoked_s["wrapped, no rules, warm cache"] - invoked_s["bare handler"]) * 1e6
    goals = [
        (f"no rules, warm cache: {overhead_us:.1f} µs", overhead_us, OVERHEAD_MAX_US),
        *(
            (f"a read{tls}: {(ratio := warm_s[f'hotlog{tls}'] / warm_s[f'bare http.client{tls}']):.2f} times bare", ratio, READ_MAX)
            for tls in ("", ", TLS")
        ),
        *(
            (
                f"a cold start{tls}: {(ratio := cold_s[f'hotlog, no rules{tls}'] / cold_s[f'bare http.client{tls}']):.2f} times bare",
                ratio,
                COLD_START_MAX,
            )
            for tls in ("", ", TLS")
        ),
    ]  # fmt: skip
    for text, value, most in goals:
        sys.stdout.write(f"{text}, goal {most:g}: {'met' if value < most else 'MISSED'}\n")


def _warm(code: str, count: int, clock: str = "perf_counter") -> str:
    return WARM.format(AS_IN_LAMBDA, code, clock, 30, count, count)


@contextmanager
def _servers(
    empty: bytes, one_rule: bytes
) -> Iterator[tuple[dict[str, str], dict[str, str], dict[str, str]]]:
    """The variables that lead to: a document without rules, the same over TLS, and one with a rule."""
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with (
        RuleServer(answering(http(200, empty))).running() as plain,
        RuleServer(answering(http(200, empty)), context).running() as secure,
        RuleServer(answering(http(200, one_rule))).running() as with_rule,
        authority.cert_pem.tempfile() as bundle,
    ):
        yield (
            {"AWS_ENDPOINT_URL": plain.url},
            {"AWS_ENDPOINT_URL": secure.url, "AWS_CA_BUNDLE": bundle},
            {"AWS_ENDPOINT_URL": with_rule.url},
        )


def _measured(programs: dict[str, tuple[str, dict[str, str], str]], rounds: int) -> dict[str, float]:
    """Median seconds that each program prints; they take turns, so that a busy moment of the machine meets all."""
    spent: dict[str, list[float]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text(APP, encoding="utf-8")
        for number in range(rounds + 1):
            for name, (program, way, refresh) in programs.items():
                seconds = float(_run(program, folder, {**way, "HOTLOG_REFRESH": refresh}))
                if number:  # the first round fills the caches of the disk
                    spent[name].append(seconds)
    return {name: statistics.median(each) for name, each in spent.items()}


def _run(program: str, folder: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
            "LAMBDA_TASK_ROOT": folder,
            "AWS_LAMBDA_FUNCTION_NAME": "orders",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "HOTLOG_REFRESH_TIMEOUT_MS": "5000",
            "HOTLOG_SINK": f"file:{folder}/events",
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip().splitlines()[-1]


def _print(title: str, seconds: dict[str, float], scale: float) -> None:
    sys.stdout.write(f"\n{title}\n")
    for name, value in seconds.items():
        sys.stdout.write(f"  {name:<56}{value * scale:>10.1f}\n")
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
