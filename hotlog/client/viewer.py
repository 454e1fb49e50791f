"""What looks and changes nothing: the half of `hotlog.Client` that a read-only page may have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotlog import config
from hotlog.client import desk_limits
from hotlog.client.account.desk import Desk
from hotlog.client.account.function_name import FunctionName, require_one, require_unqualified
from hotlog.client.answers import (
    FunctionRules,
    FunctionSummary,
    find_rules,
    list_functions,
    read_rules,
)
from hotlog.client.code.search import FoundPlace, find_places
from hotlog.client.diagnosis.function_status import FunctionStatus, read_status, require_known
from hotlog.client.diagnosis.obstacles import list_obstacles
from hotlog.client.documents.load import load_document
from hotlog.client.documents.versions import WrittenVersion, read_history
from hotlog.client.event_reader import EventReader
from hotlog.client.options import Options, make_options
from hotlog.client.talk import SILENCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.adding.names_offered import OfferedNames
    from hotlog.client.adding.request import RuleRequest
    from hotlog.client.adding.runbook import Runbook
    from hotlog.client.code.code_trees import Tree
    from hotlog.client.code.function_code import FunctionCode
    from hotlog.client.diagnosis.doctor_checks import Finding
    from hotlog.client.talk import Talk
    from hotlog.rules.document import BadEntry
    from hotlog.rules.model import Rule

    Asked = Rule | RuleRequest | Mapping[str, Any]


class Viewer(EventReader):
    """A desk that only looks; its arguments are those of `Client`."""

    def __init__(
        self,
        region: str = "",
        profile: str = "",
        store: str = "",
        *,
        advanced: bool = False,
        talk: Talk = SILENCE,
    ) -> None:
        self.desk = Desk(make_options(store=store, region=region, profile=profile, advanced=advanced), talk)

    @classmethod
    def with_options(cls, options: Options, talk: Talk = SILENCE) -> Self:
        """Return a client for what a command line has said."""
        made = cls.__new__(cls)
        made.desk = Desk(options, talk)
        return made

    def functions(self, query: str = "") -> list[FunctionSummary]:
        """Return the functions whose name contains the query, each with what is known of it at a glance.

        Example:
            >>> client.functions("orders")
            [FunctionSummary(name='orders', runtime='python3.13', attached=True, rules=2, paused=False)]
        """
        return list_functions(self.desk, query)

    def code(self, function: str | FunctionName, source: Path | str | None = None) -> FunctionCode:
        """Return the code of a function: the deployed package, or a directory of this machine.

        Args:
            function: a name, an ARN, NAME:ALIAS or NAME:VERSION.
            source: root of the code on this machine; None: what is deployed; without AWS the current directory.

        Example:
            >>> code = client.code("orders")
            >>> code.names("pricing.py", 30).names
            ('self', 'goods', 'percent')
        """
        from hotlog.client.code.function_code import FunctionCode  # with the parser
        from hotlog.redaction.secret_names import Names

        wanted = self.parse_one(function)
        settings, version, tree = config.read(), "", self._local_tree(source)
        if tree is None:
            deployed = self.desk.aws().function(wanted.name, wanted.qualifier)
            settings, version = deployed.config, deployed.version
            tree = self.desk.code.package_of(deployed)
        hides = Names(settings.redact, settings.redact_keep).hides
        return FunctionCode(wanted.name, version, tree, self.desk.code, hides)

    def _local_tree(self, source: Path | str | None) -> Tree | None:
        if source is None and self.desk.account() is not None:
            return None
        return self.desk.code.directory(None if source is None else Path(source))

    def offer_names(
        self, function: str | FunctionName, file: str, line: int, source: Path | str | None = None
    ) -> OfferedNames:
        """Return what a person would most likely log at a line, and what else can be named there.

        Args:
            function: as for `code`.
            file: relative to the root of the code.
            line: in it, from 1.
            source: as for `code`.

        Raises:
            LocationError: `no-such-file`, `source-unreadable`, `line-not-executable`.

        Example:
            >>> client.offer_names("orders", "pricing.py", 30).message
            'goods={goods} percent={percent}'
        """
        from hotlog.client.adding.names_offered import offer_names  # as `check`

        code = self.code(function, source)
        parsed = code.parsed(file)
        return offer_names(parsed, parsed.place(line), code.hides)

    def find(
        self,
        function: str | FunctionName,
        query: str,
        most: int = desk_limits.FOUND_MAX,
        source: Path | str | None = None,
    ) -> list[FoundPlace]:
        """Return the places of a function's code that a query names.

        Args:
            function: as for `code`.
            query: a symbol such as `Cart.total`; `re:` and a regular expression; else a text.
            most: so many at most.
            source: as for `code`.

        Example:
            >>> client.find("orders", "total = goods")[0].target
            'pricing.py:30'
        """
        wanted, tree = self.parse_one(function), self._local_tree(source)
        if tree is None:
            deployed = self.desk.aws().function(wanted.name, wanted.qualifier)
            tree = self.desk.code.package_of(deployed)
        return find_places(self.desk.code, tree, query, most)

    def find_frames(
        self, function: str | FunctionName, traceback: str, source: Path | str | None = None
    ) -> list[FoundPlace]:
        """Return the places of a function's code that a traceback goes through, innermost first; none where it is none.

        Args:
            function: as for `code`.
            traceback: as Python or Lambda prints it; a single place such as `File "/var/task/app.py", line 6` will do.
            source: as for `code`.

        Example:
            >>> client.find_frames("orders", 'File "/var/task/app.py", line 46, in handler')[0].target
            'app.py:46'
        """
        from hotlog.client.adding.places import find_frames  # as `check`

        return find_frames(self.code(function, source), traceback)

    def rules(self, function: str | FunctionName) -> FunctionRules:
        """Return what is stored for a function.

        Example:
            >>> [rule.at for rule in client.rules("orders").rules]
            ['pricing.py:30']
        """
        return read_rules(self.desk.open_store(), self.parse_name(function))

    def history(self, function: str) -> list[WrittenVersion]:
        """Return who changed which rule when, oldest first: what the store keeps of it.

        Raises:
            ConfigError: `no-history`, the store keeps none.
            StoreError: `unknown-function`: there is neither such a function nor rules of that name.

        Example:
            >>> [(each.by, each.changes[0].what) for each in client.history("orders")]
            [('arn:aws:sts::…:assumed-role/dev/ana', 'added')]
        """
        name, store = self.parse_name(function), self.desk.open_store()
        found = read_history(store, name)
        if not found:
            require_known(self.desk, name)
        return found

    def find_rules(self, function: str, name: str) -> list[tuple[Rule | BadEntry, Mapping[str, Any]]]:
        """Return the stored rules that a name stands for, each with its entry.

        Args:
            function: its name.
            name: id, beginning of an id, or target.

        Raises:
            StoreError: `unknown-rule`, `ambiguous-rule`.
        """
        return find_rules(self.desk.open_store(), self.parse_known(function), name)

    def export(self, function: str, rules: Sequence[str] = ()) -> Runbook:
        """Return rules for a file, which `hotlog import` and `read_runbook` take: those named, or all."""
        document = load_document(self.desk.open_store(), self.parse_known(function))
        from hotlog.client.adding.runbook import export_rules  # as `check`

        return export_rules(document, rules)

    def known_names(self) -> list[str]:
        """Return the functions that have a document of rules."""
        return self.desk.open_store().functions()

    def check(
        self, function: str | FunctionName, rules: Sequence[Asked], source: Path | str | None = None
    ) -> list[CheckedRule]:
        """Return all that can be known of rules before they are stored: where they go, what they may cost, what is wrong.

        Args:
            function: as for `code`, or a pattern such as `orders-*`.
            rules: `hotlog.Rule`s, or their keys: `at` may be any words that name a place, `for_s` is the time to live.
            source: as for `code`.

        Example:
            >>> [checked] = client.check("orders", [{"at": "pricing.py:30", "message": "{goodz}"}])
            >>> [(fault.code, fault.message) for fault in checked.faults]
            [('unknown-name', "'goodz' is no name of this function. Did you mean 'goods'?")]
        """
        from hotlog.client.adding.check import (
            check_rules,  # with the expression language: who looks needs none of it
        )
        from hotlog.client.adding.request import make_request

        requests = [make_request(rule) for rule in (rules if isinstance(rules, Iterable) else [rules])]
        return check_rules(self.desk, self.parse(function), requests, as_path(source))

    def status(self, function: str | FunctionName, since_s: int = 0) -> FunctionStatus:
        """Return what became of each rule: a verdict in a sentence, and what each environment has told.

        Args:
            function: a name, an ARN, NAME:ALIAS or NAME:VERSION.
            since_s: how far to look back; 0: to when the oldest rule was added.

        Raises:
            StoreError: `unknown-function`, where nobody knows it.

        Example:
            >>> [each.verdict for each in client.status("orders").rules]
            ['live in 3 of 3 environments: reached 214 times, condition never true']
        """
        return read_status(self.desk, self.parse_one(function), since_s)

    def obstacles(self, function: str | FunctionName, rule: str = "") -> list[str]:
        """Return what keeps the events of a function away, or must happen before they come, a sentence each.

        Args:
            function: a name.
            rule: id of one rule, or its beginning: what became of it comes first.

        Example:
            >>> client.obstacles("orders")
            ['the layer is not attached: `hotlog attach orders`, unless the code itself has @hotlog.wrap.']
        """
        wanted = self.parse_one(function)
        found: list[str] = []
        if rule:
            names = {each.id for each, _ in self.find_rules(wanted.name, rule)}
            known = read_status(self.desk, wanted).rules
            found = [f"{each.rule.id}: {each.verdict}" for each in known if each.rule.id in names]
        return [*found, *list_obstacles(self.desk, wanted.name)]

    def checks(self, function: str) -> Iterator[Finding]:
        """Yield what stands between a function and its rules, one answer after the other: `hotlog doctor`."""
        from hotlog.client.diagnosis.doctor_checks import (
            run_checks,  # a store that makes no sense is one of its findings
        )

        return run_checks(self.desk, self.parse_name(function))

    def describe_where(self) -> str:
        """Return Region and account in use, the account by its last digits; of rules in files, where these are.

        Raises:
            StoreError: `no-region`, ...

        Example:
            >>> client.describe_where()
            'eu-central-1, account …9012'
        """
        return self.desk.describe_where()

    def parse(self, function: str | FunctionName) -> FunctionName:
        """Take FUNCTION apart; refuse an ARN of another Region, account or partition than this client's.

        Raises:
            ConfigError: `bad-function`, `other-region`.
            StoreError: `other-account`.
        """
        return self.desk.take(function)

    def parse_one(self, function: str | FunctionName) -> FunctionName:
        """Take the name of one function apart, as `parse`; refuse a pattern."""
        return require_one(self.parse(function))

    def parse_name(self, function: str | FunctionName) -> str:
        """Return the name of one function, as `parse`; refuse a pattern, an alias and a version."""
        return require_unqualified(self.parse(function))

    def parse_known(self, function: str | FunctionName) -> str:
        """Return the name of one function, as `parse_name`; refuse one without a document of rules that AWS does not know either.

        Raises:
            StoreError: `unknown-function`.
        """
        name = self.parse_name(function)
        require_known(self.desk, name)
        return name


def as_path(source: Path | str | None) -> Path | None:
    """Return the path of a directory that may be given as text."""
    return None if source is None else Path(source)
