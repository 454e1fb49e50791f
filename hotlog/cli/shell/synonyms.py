"""Words that people type for a command or an option of another name: taken by their meaning, and said."""

from __future__ import annotations

from typing import Final

COMMAND_SYNONYMS: Final = {
    other: name
    for name, others in {
        "add": ("create", "insert", "new", "put", "log-at", "breakpoint"),
        "find": ("search", "grep", "where", "locate"),
        "tail": ("logs", "log", "events", "follow", "watch"),
        "status": ("state", "stat", "stats", "ps"),
        "ls": ("list", "rules"),
        "show": ("get", "describe", "info", "cat"),
        "edit": ("update", "change", "modify", "set"),
        "rm": ("remove", "delete", "del", "drop", "unset"),
        "clear": ("purge", "reset", "remove-all", "delete-all"),
        "pause": ("disable", "off", "mute"),
        "resume": ("enable", "on", "unpause", "unmute"),
        "history": ("audit", "blame"),
        "export": ("dump", "save", "backup"),
        "import": ("load", "restore", "apply"),
        "attach": ("install", "instrument", "wrap"),
        "detach": ("uninstall", "unwrap"),
        "doctor": ("check", "diagnose", "debug", "verify"),
        "policy": ("iam", "policies", "permissions"),
        "invoke": ("run", "exec"),
        "demo": ("example", "tour"),
        "help": ("docs", "man"),
        "explain": ("code", "why-code"),
    }.items()
    for other in others
}

# Taken for the option behind it, where a command has that one and none of this name. Empty: it is so anyway.
OPTION_SYNONYMS: Final = {
    "--condition": "--if",
    "--when": "--if",
    "--where": "--if",
    "--ttl": "--for",
    "--expires": "--for",
    "--expire": "--for",
    "--expiry": "--for",
    "--duration": "--for",
    "--lifetime": "--for",
    "--max": "--limit",
    "--count": "--limit",
    "--hits": "--limit",
    "--max-hits": "--limit",
    "--rate-limit": "--rate",
    "--per-second": "--rate",
    "--sampling": "--sample",
    "--sample-rate": "--sample",
    "--variables": "--snapshot",
    "--vars": "--snapshot",
    "--locals": "--snapshot",
    "--capture": "--snapshot",
    "--backtrace": "--stack",
    "--frames": "--stack",
    "--reason": "--note",
    "--comment": "--note",
    "--description": "--note",
    "--name": "--id",
    "--rule-id": "--id",
    "--exception": "--on-error",
    "--error": "--on-error",
    "--on-exception": "--on-error",
    "--timeout": "--on-timeout",
    "--dryrun": "--dry-run",
    "--check": "--dry-run",
    "--from": "--since",
    "--start": "--since",
    "--lines": "--last",
    "--once": "--no-follow",
    "--payload": "--event",
    "--follow": "",
    "-f": "",
}
# Of `add`: what is no option there, and where it stands.
NO_OPTION: Final = {
    "--message": "MESSAGE stands behind TARGET, without an option: hotlog add orders app.py:42 'total={total}'",
    "--target": "TARGET stands behind FUNCTION, without an option: hotlog add orders app.py:42",
    "--function": "FUNCTION comes first, without an option: hotlog add orders app.py:42",
    "--line": "the line is part of TARGET: app.py:42",
}
