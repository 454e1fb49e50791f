"""The group of all commands. A command's module is imported when it is asked for: `hotlog --help` stays quick."""

from __future__ import annotations

import importlib
import keyword
from typing import Final

import click
from click.shell_completion import CompletionItem

import hotlog as package
from hotlog.cli.shell.errors import WRONG_USAGE, ReaderGoneError
from hotlog.cli.shell.synonyms import COMMAND_SYNONYMS
from hotlog.cli.shell.terminal import say
from hotlog.client.words import suggest_near

# By group of `hotlog --help`: the command, the module of `hotlog.cli.commands` it lives in, and its line there.
GROUPS: Final = {
    "Ask": {
        "add": ("add", "Add a log line or a snapshot to a running function."),
        "try": ("try_", "Take log lines that you type as rules of a running function."),
        "promote": ("promote", "Write rules into your source as log statements."),
        "find": ("find", "Find a symbol or a text in the code that is deployed."),
        "why": ("why", "Say what sets a bad request apart from good ones."),
        "suspects": ("suspects", "Say which way separates bad invocations from good ones."),
        "tail": ("tail", "Follow what the rules of a function log."),
        "status": ("status", "Say where each rule is live, and what came of it."),
        "queries": ("queries", "Print queries of CloudWatch Logs Insights over the events."),
    },
    "Rules": {
        "ls": ("rules", "List the rules of a function, or of all."),
        "show": ("rules", "Show one rule in full."),
        "edit": ("edit", "Change the limits, the condition or the message of a rule."),
        "rm": ("rm", "Remove rules by id or target."),
        "clear": ("rm", "Remove all rules of a function."),
        "pause": ("rm", "Switch all rules of a function off, and keep them."),
        "resume": ("rm", "Switch the rules of a function on again."),
        "stop": ("stop", "Switch the rules of all functions off at once."),
        "start": ("stop", "Switch on again what a stop has switched off."),
        "history": ("history", "Say who changed which rule when."),
        "export": ("runbook", "Write rules as a JSON file, for a runbook."),
        "import": ("runbook", "Add the rules of such a file."),
    },
    "Page": {
        "ui": ("ui", "Show code, rules and events as a page in the browser."),
    },
    "Set up": {
        "attach": ("attach", "Put hotlog on a function, without a change of its code."),
        "detach": ("attach", "Take hotlog off a function again."),
        "layer": ("layer", "Build the Lambda layer, or publish it to your account."),
        "doctor": ("doctor", "Look for what keeps rules from working, and how to mend it."),
        "gc": ("gc", "Remove what is left of functions that are gone."),
        "rotate": ("rotate", "Give a function a new key for the proofs of its events."),
        "redact": ("redact", "Say what of a payload would be hidden, and why."),
        "policy": ("policy", "Print least-privilege IAM policies, by role."),
        "completion": ("completion", "Print the script for completion in bash, zsh or fish."),
    },
    "Agents": {
        "mcp": ("mcp", "Serve a coding agent, which adds log lines with a person's yes."),
        "approve": ("mcp", "Say yes to what an agent proposes."),
        "skill": ("skill", "Install the skill for coding agents."),
    },
    "Editors": {
        "editor": ("dap", "Write what VS Code or Neovim needs to start it."),
        "dap": ("dap", "Serve an editor: logpoints become rules, and nothing stops."),
    },
    "Here": {
        "invoke": ("invoke", "Run any handler on this machine, wrapped with hotlog."),
        "demo": ("demo", "Hunt a bug on this machine in seconds; needs no AWS account."),
    },
    "Read": {
        "help": ("pages", "Print a page, or the section that answers a question."),
        "explain": ("pages", "Say what a code means, and what to do."),
        "schema": ("schema", "Print all commands, options, JSON shapes and codes as JSON."),
    },
}
COMMANDS: Final = {name: entry for group in GROUPS.values() for name, entry in group.items()}


class Commands(click.Group):
    """Imports the module of a command when the command is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return all commands, in the order of a session rather than of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(importlib.import_module(f"hotlog.cli.commands.{module}"), name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what TAB shows after `hotlog`, without importing the commands."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; tell apart that its reader has gone."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as gone:
            raise ReaderGoneError from gone

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with; answer a mistyped one with its near names."""
        name = args[0]
        if name not in COMMANDS and name in COMMAND_SYNONYMS:
            meant = COMMAND_SYNONYMS[name]
            say(f"note: {name} is called {meant} here.")
            args = [meant, *args[1:]]
        elif name not in COMMANDS and not name.startswith("-"):
            raise click.UsageError(
                f"there is no command {name!r}.{suggest_near(name, tuple(COMMANDS), 2)}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands in `--help`, without importing the commands."""
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, summary) for name, (_, summary) in group.items()])


EPILOG = """
\b
Examples:
  hotlog add orders app.py:42 'total={total} user={user.id}' --if 'total > 100'
  hotlog tail orders
  hotlog rm orders app.py:42

\b
On this machine, with rules and events kept under .hotlog/:
  hotlog add app app.py:42 --local
  hotlog invoke app.handler --event event.json --local

Data goes to stdout, talk and errors to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage. Without --store and
--local the rules are in SSM Parameter Store, under /hotlog, unless HOTLOG_STORE names another store.
"""


@click.group(
    cls=Commands,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package.__version__, prog_name="hotlog")
@click.pass_context
def hotlog(ctx: click.Context) -> None:
    """Add log lines to Python functions that are already running in AWS Lambda.

    Nobody edits the code, nobody redeploys. A rule says where and what to log; it is live at the next invocation,
    expires by itself, and taking it away restores the original code.
    """
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())
        ctx.exit(WRONG_USAGE)
