"""`hotlog.Client`: all that a person, a page, an editor or a coding agent can do at the desk.

    client = hotlog.Client(region="eu-central-1")
    client.change("orders", add=[{"at": "pricing.py:30", "message": "total={total}"}])
    for event in client.events("orders", follow_s=60).events:
        print(event["message"])

Each method is one question or one change; what it returns is data. Nothing is printed. One client serves any number of
threads. Faults are `hotlog.HotlogError`s, each with a code and a sentence.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hotlog import addresses
from hotlog.client.rule_writer import RuleWriter, as_list
from hotlog.client.viewer import as_path
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.comparing.suspect_search import SuspectSearch
    from hotlog.client.comparing.traceback_rules import PastedTraceback
    from hotlog.client.comparing.why_search import WhySearch
    from hotlog.client.typed.promote import PromotedRules
    from hotlog.client.typed.tried_edits import TriedEdits, TryOptions
    from hotlog.client.typed.watch import EditWatch
    from hotlog.client.typed.working_copy import WorkingCopy


class Client(RuleWriter):
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
