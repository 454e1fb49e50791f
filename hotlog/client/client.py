"""`hotlog.Client`: all that a person, a page, an editor or a coding agent can do at the desk.

    client = hotlog.Client(region="eu-central-1")
    client.change("orders", add=[{"at": "pricing.py:30", "message": "total={total}"}])
    for event in client.events("orders", follow_s=60).events:
        print(event["message"])

Each method is one question or one change; what it returns is data. Nothing is printed. One client serves any number of
threads. Faults are `hotlog.HotlogError`s, each with a code and a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotlog import addresses
from hotlog.client.adding.checked_rule import error_of
from hotlog.client.documents import changes
from hotlog.client.documents.edit import Changed, change_document, find_group
from hotlog.client.documents.keys import key_number, new_key
from hotlog.client.viewer import Viewer, as_path
from hotlog.errors import HotlogError, RuleError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.adding.request import RuleRequest
    from hotlog.client.adding.store_rules import StoredRules
    from hotlog.client.comparing.suspect_search import SuspectSearch
    from hotlog.client.comparing.traceback_rules import PastedTraceback
    from hotlog.client.comparing.why_search import WhySearch
    from hotlog.client.typed.promote import PromotedRules
    from hotlog.client.typed.tried_edits import TriedEdits, TryOptions
    from hotlog.client.typed.watch import EditWatch
    from hotlog.client.typed.working_copy import WorkingCopy
    from hotlog.rules.model import Rule
    from hotlog.stores import Answer

    Asked = Rule | RuleRequest | Mapping[str, Any]


class Client(Viewer):
    """A desk without a face.

    Args:
        region: AWS Region; empty: from the environment or the profile.
        profile: AWS profile; empty: the default chain.
        store: URL of the store; empty: HOTLOG_STORE, else Parameter Store.
        advanced: a document may take a parameter of the advanced tier, which costs money.
        talk: gets what happens meanwhile, such as a download; without one nothing is told.

    Example:
        >>> client = hotlog.Client(store="file:.hotlog")
        >>> [each.name for each in client.functions()]
        ['orders']
    """

    def pinned(self) -> Client:
        """Return a client for the same rules, whatever folder a process is in: of a store in files the path becomes absolute."""
        options = self.desk.options
        if options.directory is None:
            return self
        url = addresses.file_store(options.directory.resolve())
        return Client.with_options(options._replace(url=url, flags=("--store", url)), self.desk.talk)

    def change(
        self,
        function: str | FunctionName,
        add: Sequence[Asked] = (),
        remove: Sequence[str] | str = (),
        *,
        source: Path | str | None = None,
    ) -> StoredRules:
        """Add and remove any number of rules in one write for each function: all of them, or none.

        Args:
            function: as for `check`.
            add: as for `check`.
            remove: ids, beginnings of ids, or targets with all their rules; one may stand alone.
            source: as for `code`.

        Raises:
            RuleError, LocationError: a rule has faults; nothing is stored.
            StoreError: `unknown-rule`, `duplicate-id`, `document-too-large`, ...

        Example:
            >>> done = client.change("orders", add=[{"at": "pricing.py:30", "message": "{goods}"}], remove=["k3f9"])
            >>> [each.rule.at for each in done.rules], [entry["id"] for entry in done.removed]
            (['pricing.py:30'], ['k3f9'])
        """
        remove = as_list(remove)
        if not add:
            change = self.remove(function, remove)
            from hotlog.client.adding.store_rules import StoredRules

            return StoredRules((), tuple(change.removed), (change.function,) if change.after.paused else ())
        checked = self.check(function, add, source)
        chosen = any("id" in rule for rule in add if not hasattr(rule, "_fields"))
        return self.store(checked, keep_ids=chosen, remove=remove)

    def store(
        self,
        checked: Sequence[CheckedRule],
        *,
        keep_ids: bool = False,
        remove: Sequence[str] = (),
        replace: bool = False,
    ) -> StoredRules:
        """Store rules that `check` has returned.

        Args:
            checked: the rules.
            keep_ids: somebody chose the ids; else another is drawn where one is taken.
            remove: as for `change`.
            replace: a rule takes the place of the one with its id.

        Raises:
            RuleError, LocationError: one has faults; nothing is stored.
            StoreError: as `change`.
        """
        from hotlog.client.adding.store_rules import store_rules  # as `Viewer.check`

        require_faultless(checked)
        return store_rules(self.desk, checked, keep_ids=keep_ids, replace=replace, remove=remove)

    def foresee(
        self, checked: Sequence[CheckedRule], *, keep_ids: bool = False, replace: bool = False
    ) -> StoredRules:
        """Return what `store` would leave of these rules, which are stored nowhere.

        Raises:
            RuleError, LocationError, StoreError: as `store`.
        """
        from hotlog.client.adding.store_rules import foresee_rules  # as `Viewer.check`

        require_faultless(checked)
        return foresee_rules(self.desk, checked, keep_ids=keep_ids, replace=replace)

    def try_edits(
        self,
        function: str | FunctionName,
        paths: Sequence[Path | str] = (),
        *,
        since: str = "",
        base: Path | str | None = None,
        diff: str = "",
        options: TryOptions | None = None,
        dry_run: bool = False,
    ) -> TriedEdits:
        """Take the log lines that were typed in a working copy as rules, in one write; other edits are listed.

        Args:
            function: as for `code`.
            paths: files and folders of the working copy; none: the current directory.
            since: commit that the working copy is compared with; empty: the last one.
            base: directory that it is compared with instead.
            diff: a unified diff of the deployed code, in the place of a working copy: no file here is read.
            options: how lines become rules.
            dry_run: only look.

        Raises:
            ConfigError: `bad-base`, `bad-diff`, `needs-source`.

        Example:
            >>> [line.at for line in client.try_edits("orders").taken]
            ['pricing.py:33', 'pricing.py:36']
        """
        from hotlog.client.typed.tried_edits import TryOptions
        from hotlog.client.typed.try_edits import look_at_edits, store_edits  # as `Viewer.check`

        chosen = options or TryOptions()
        name = self.parse_one(function)
        if diff:
            from hotlog.client.typed.try_edits import find_deployed
            from hotlog.client.typed.unified_diff import apply_diff

            typed = apply_diff(diff, find_deployed(self.desk, name, chosen.source)[0])
            tried = look_at_edits(self.desk, name, typed, chosen)
            tried = tried._replace(warnings=(*typed.notes, *tried.warnings))
        else:
            tried = look_at_edits(
                self.desk, name, self.open_working_copy(paths, since=since, base=base), chosen
            )
        return tried if dry_run or (chosen.strict and tried.hinders) else store_edits(self.desk, tried)

    def promote(
        self,
        function: str | FunctionName,
        rules: Sequence[str] | str,
        top: Path | str | None = None,
        style: str = "",
    ) -> PromotedRules:
        """Return rules as log statements in the local source, with a diff that `git apply` takes. Nothing is written.

        Args:
            function: its name.
            rules: ids, beginnings of ids, or targets; one may stand alone.
            top: directory with the source; None: the current one.
            style: `logging`, `print`, `structlog` or `powertools`; empty: as each file does.

        Raises:
            StoreError: `unknown-rule`, `ambiguous-rule`.
            ConfigError: `bad-style`.

        Example:
            >>> print(client.promote("orders", "k3f9").diff)
            --- a/pricing.py
            +++ b/pricing.py
            ...
        """
        from hotlog.client.typed.promote import promote_rules  # as `Viewer.check`
        from hotlog.client.typed.working_copy import find_top
        from hotlog.redaction.secret_names import is_redacted
        from hotlog.rules.document import BadEntry
        from hotlog.rules.model import Rule

        name = self.parse_name(function)
        found = [each for wanted in as_list(rules) for each, _ in self.find_rules(name, wanted)]
        bad = next((each for each in found if isinstance(each, BadEntry)), None)
        if bad is not None:
            raise bad.fault
        folder = Path() if top is None else Path(top)
        chosen = list({each.id: each for each in found if isinstance(each, Rule)}.values())
        return promote_rules(chosen, folder, find_top(folder), self.desk.code, style, is_redacted)

    def suspects(
        self,
        function: str | FunctionName,
        bad: str = "",
        *,
        for_s: float = 600,
        source: Path | str | None = None,
    ) -> SuspectSearch:
        """Begin to count which ways good and bad invocations go; a count that is on already is read.

        Args:
            function: its name.
            bad: expression over `@status @response @event @duration_ms` for a bad invocation; empty: one that fails.
            for_s: how long the rule lives.
            source: as for `code`.

        Raises:
            RuleError: `bad` has faults; `cannot-monitor`, on Python 3.11.

        Example:
            >>> search = client.suspects("orders")
            >>> search.read(follow_s=60)
            Counted(good=192, bad=22)
            >>> search.end(), search.rank().ranked[0].says
            (True, 'line.quantity < 1 raised TypeError')
        """
        from hotlog.client.comparing.suspect_search import SuspectSearch  # as `Viewer.check`

        name = self.parse_name(function)
        return SuspectSearch(self, name, self.code(name, source), bad, for_s)

    def why(
        self,
        function: str | FunctionName,
        request: str = "",
        *,
        bad: str = "",
        against: str = "",
        since_s: float = 3_600,
        source: Path | str | None = None,
    ) -> WhySearch:
        """Look for the recording of a bad request, and for good ones to compare it with; where there is none, one can record.

        Args:
            function: its name.
            request: its id, or the beginning; empty: the latest bad one.
            bad: expression over `@status @response @event @duration_ms` for a bad one; empty: one that fails.
            against: a request to compare it with; empty: good ones.
            since_s: how far to look back.
            source: as for `code`.

        Raises:
            StoreError: `missing`: the log has no recording of that request.

        Example:
            >>> search = client.why("orders")
            >>> search.compare().places
            ('stock.py:34', 'stock.py:35')
        """
        from hotlog.client.comparing.why_search import AskedRequests, WhySearch  # as `Viewer.check`

        name = self.parse_name(function)
        try:
            code = self.code(name, source)
        except HotlogError:  # a container image: recordings have the lines that ran
            code = None
        return WhySearch(self, name, code, AskedRequests(request, bad, against), since_s)

    def read_traceback(
        self,
        function: str | FunctionName,
        text: str,
        *,
        group: str = "",
        for_s: float = 600,
        source: Path | str | None = None,
    ) -> PastedTraceback:
        """Return what a pasted traceback says in the deployed code, and the rules that log what feeds the failing expression.

        Nothing is stored: `change(function, add=pasted.rules)` does that.

        Args:
            function: its name.
            text: the traceback, as Python or Lambda prints it.
            group: of the rules.
            for_s: how long they shall live.
            source: as for `code`.

        Raises:
            LocationError: `no-such-place`.

        Example:
            >>> client.read_traceback("orders", 'File "/var/task/pricing.py", line 30, in total').rules[0]["message"]
            'goods={goods!r} percent={percent!r}'
        """
        from hotlog.client.comparing.traceback_rules import read_traceback  # as `Viewer.check`

        return read_traceback(self.code(function, source), text, group, for_s)

    def open_working_copy(
        self, paths: Sequence[Path | str] = (), *, since: str = "", base: Path | str | None = None
    ) -> WorkingCopy:
        """Return the working copy that some paths belong to, for `try_edits` and `watch_edits`."""
        from hotlog.client.typed.working_copy import open_working_copy  # with subprocess

        return open_working_copy([Path(each) for each in paths], since, as_path(base))

    def watch_edits(
        self, function: str | FunctionName, copy: WorkingCopy, options: TryOptions, tried: TriedEdits
    ) -> EditWatch:
        """Return what re-applies typed lines with each save, one write a save.

        Args:
            function: as for `try_edits`.
            copy: as `open_working_copy` returns it.
            options: as for `try_edits`.
            tried: what is stored already.
        """
        from hotlog.client.typed.watch import EditWatch  # as `try_edits`

        return EditWatch(self.desk, self.parse_one(function), copy, options, tried)

    def pause(self, function: str, *, paused: bool = True) -> Changed:
        """Switch all rules of a function off and keep them; or on again.

        Example:
            >>> client.pause("orders").after.paused
            True
        """
        name = self.parse_known(function)
        return change_document(self.desk, name, lambda document: changes.set_paused(document, paused=paused))

    def remove(self, function: str | FunctionName, rules: Sequence[str] | str) -> Changed:
        """Remove rules by id, beginning of an id, or target: all of them, or none if one is not there.

        Example:
            >>> [entry["id"] for entry in client.remove("orders", "pricing.py:30").removed]
            ['k3f9']
        """
        wanted = as_list(rules)
        name = self.parse_known(function) if wanted else self.parse_name(function)
        return change_document(self.desk, name, lambda document: changes.remove_rules(document, wanted))

    def extend(self, function: str | FunctionName, rules: Collection[str], for_s: float) -> list[str]:
        """Let rules live so long from now, in one write; return the ids of those that are still there.

        What they have counted stays, as their limits do. One that has gone meanwhile is left out.

        Example:
            >>> client.extend("orders", ["k3f9"], 900)
            ['k3f9']
        """
        from hotlog.client.adding.request import lifetime  # as `Viewer.check`

        expires = datetime.now(UTC).replace(microsecond=0) + lifetime(for_s)
        done = change_document(
            self.desk,
            self.parse_name(function),
            lambda document: changes.extend_rules(document, rules, expires),
        )
        return [key for key in changes.list_ids(done.after) if key in rules]

    def clear(self, function: str, keep: Callable[[Answer], None] | None = None) -> Changed:
        """Remove all rules of a function.

        Args:
            function: its name.
            keep: takes a document that cannot be read, before an empty one takes its place; None: that is refused.

        Example:
            >>> client.clear("orders").after.entries
            ()
        """
        name = self.parse_known(function)
        return change_document(self.desk, name, changes.remove_all, keep)

    def rotate(self, function: str) -> int:
        """Give a function a new key, with which its events are proven from now on; return the key's number.

        What was logged with the key before stays proven, where the store keeps a history.

        Raises:
            StoreError: `missing`: it has no rules and never had any, so that it has no key.

        Example:
            >>> client.rotate("orders")
            2
        """
        name = self.parse_known(function)
        self.desk.open_store().read(name)
        return key_number(change_document(self.desk, name, new_key()).after)

    def remove_group(self, group: str, function: str = "") -> list[Changed]:
        """Remove the rules of a group from one function, or from every one that has some.

        A function whose document is damaged, or cannot be written, does not keep the others from losing theirs: it is told
        to the desk's `talk`. Where only it was meant, or nothing was removed, the first fault is raised.

        Args:
            group: its name, or a pattern such as `mcp-*`.
            function: its name; empty: every function.

        Raises:
            StoreError: `unknown-rule`, where there is none.
        """
        failed: dict[str, StoreError] = {}
        if function:
            names = [self.parse_known(function)]
        else:
            names, failed = find_group(self.desk.open_store(), group)
        done: list[Changed] = []
        for name in names:
            try:
                done.append(
                    change_document(self.desk, name, lambda document: changes.remove_group(document, group))
                )
            except StoreError as fault:
                failed[name] = fault
        if failed and not done:
            raise next(iter(failed.values()))
        for name, why in failed.items():
            self.desk.talk.warn(f"{name} may have rules of the group left: {why.message} [{why.code}]")
        return done

    def edit(
        self, function: str, rule: str, fields: Mapping[str, Any], source: Path | str | None = None
    ) -> CheckedRule:
        """Change fields of a stored rule; where it reads other things than before, that is checked.

        Args:
            function: its name.
            rule: id, beginning of an id, or target with one rule.
            fields: new values, by the names of `hotlog.Rule`; `for_s`: let it live so long from now.
            source: as for `code`.

        Raises:
            StoreError: `unknown-rule`, `ambiguous-rule`, ...
            RuleError, LocationError: it has faults; nothing is stored.

        Example:
            >>> client.edit("orders", "k3f9", {"condition": "goods > 500"}).rule.condition
            'goods > 500'
        """
        from hotlog.client.adding.edit_rule import edit_rule  # as `Viewer.check`

        name = self.parse_name(function)
        try:
            return edit_rule(self.desk, name, rule, fields, as_path(source))
        except StoreError as fault:
            if fault.code == "unknown-rule":
                self.parse_known(name)  # perhaps it is the function that nobody knows
            raise


def as_list(rules: Sequence[str] | str) -> Sequence[str]:
    """Return the names of rules: a text is one name, not a sequence of letters.

    Raises:
        RuleError: `bad-field`, they are no names.
    """
    if isinstance(rules, str):
        return [rules]
    if not isinstance(rules, Iterable):
        raise RuleError(
            "bad-field", f"{rules!r} names no rules: write a list of ids, of their beginnings or of targets."
        )
    return list(rules)


def require_faultless(checked: Sequence[CheckedRule]) -> None:
    """Refuse rules of which one has faults: all faults of all rules at once.

    Raises:
        RuleError, LocationError: with the code of the first fault.
    """
    faults = [fault for each in checked for fault in each.faults]
    if faults:
        raise error_of(faults)
