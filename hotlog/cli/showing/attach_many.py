"""`hotlog attach` and `detach` of many functions: what would happen, in a few lines, before it is asked for."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final

from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.cli.showing.fleet import Verb, change_many, put_failures
from hotlog.client.account.load import describe_load
from hotlog.client.attaching.permissions import policy_of
from hotlog.client.fleet.attaching import FleetAttach, plan_fleet_attach, plan_fleet_detach
from hotlog.client.fleet.run import FAILED
from hotlog.client.words import escape

if TYPE_CHECKING:
    from hotlog.client.attaching.attach import AttachOptions
    from hotlog.client.client import Client
    from hotlog.client.fleet.selection import Selection

_ATTACH: Final = Verb("Attach hotlog to", "attaching", "Attached", "Attached already")
_DETACH: Final = Verb("Take hotlog off", "detaching", "Detached", "Without hotlog's `attach`")
_RESTARTS: Final = "Each attach restarts that function's environments."


def attach_many(
    client: Client, wanted: Selection, options: AttachOptions, *, dry_run: bool, listed: str | None, yes: bool
) -> None:
    """Attach many functions, or say what that would do."""
    changes = not (dry_run or listed)
    with client.desk.talk.working("looking at all functions"):
        found = plan_fleet_attach(client.desk, wanted, options)
    if listed == "cannot":
        put_failures(list(found.cannot))
    elif listed == "permission":
        for role, statements in found.lacking.items():
            put(f"{escape(role)}  {json.dumps(policy_of(statements))}")
    elif dry_run and wants_json():
        put_json(_as_json(found))
    else:
        _say_overview(client, wanted, found)
    if changes:
        change_many(found.plan, _ATTACH, yes=yes)


def detach_many(client: Client, wanted: Selection, *, dry_run: bool, yes: bool) -> None:
    """Detach many functions, or say which."""
    plan = plan_fleet_detach(client.desk, wanted)
    if not dry_run:
        change_many(plan, _DETACH, yes=yes)
        return
    if wants_json():
        put_json([{"function": name, "state": "would"} for name in plan.todo])
        return
    for name in plan.todo:
        put(escape(name))
    say(f"hotlog would be taken off {len(plan.todo):,} functions. Nothing was changed.")


def _say_overview(client: Client, wanted: Selection, found: FleetAttach) -> None:
    total = len(found.plan.todo) + len(found.plan.known)
    say(f"{escape(str(wanted))}: {total:,} functions in {client.describe_where()}.")
    rows = [
        (
            len(found.plan.todo),
            f"would get hotlog (layer {', '.join(arn.partition(':layer:')[2] or 'hotlog, a new version' for arn in found.layers)})",
        ),
        (len(found.have), "have it already"),
        (len(found.cannot), f"cannot: {_count_reasons(found)}   --list cannot"),
        (len(found.lacking), "roles need the permission first   --list permission"),
    ]
    for count, text in rows:
        if count:
            say(f"  {count:>5,}  {escape(text)}")
    reads = (
        "not known, since the metrics cannot be read (cloudwatch:GetMetricData)"
        if found.load is None
        else describe_load(found.attached, found.load)
    )
    say(f"Reads: {reads}.")
    say(_RESTARTS)


def _count_reasons(found: FleetAttach) -> str:
    counts = Counter(each.code for each in found.cannot)
    return ", ".join(f"{code} x {count}" for code, count in counts.most_common())


def _as_json(found: FleetAttach) -> dict[str, object]:
    return {
        "layers": list(found.layers),
        "would": list(found.plan.todo),
        "have": list(found.have),
        "cannot": [
            {"function": each.function, "state": FAILED, "code": each.code, "reason": each.reason}
            for each in found.cannot
        ],
        "lacking": {
            role: [statement.document() for statement in statements]
            for role, statements in found.lacking.items()
        },
        "reads": None if found.load is None else found.load._asdict(),
    }
