"""`hotlog.Client`: all that a person, a page, an editor or a coding agent can do at the desk.

    client = hotlog.Client(region="eu-central-1")
    client.change("orders", add=[{"at": "pricing.py:30", "message": "total={total}"}])
    for event in client.events("orders", follow_s=60).events:
        print(event["message"])

Each method is one question or one change; what it returns is data. Nothing is printed. One client serves any number of
threads. Faults are `hotlog.HotlogError`s, each with a code and a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotlog.client.adding.checked_rule import error_of
from hotlog.client.documents import changes
from hotlog.client.documents.edit import Changed, change_document, find_group
from hotlog.client.documents.keys import key_number, new_key
from hotlog.client.viewer import Viewer, as_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.adding.request import RuleRequest
    from hotlog.client.adding.store_rules import StoredRules
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
        url = f"file:{options.directory.resolve()}"
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
            >>> done = client.change("orders", add=[{"at": "pricing.py:30", "message": "{total}"}], remove=["k3f9"])
            >>> [each.rule.id for each in done.rules]
            ['m2pp']
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

    def pause(self, function: str, *, paused: bool = True) -> Changed:
        """Switch all rules of a function off and keep them; or on again.

        Example:
            >>> client.pause("orders").after.paused
            True
        """
        name = self.parse_name(function)
        self.require_known(name)
        return change_document(
            self.desk.open_store(), name, lambda document: document._replace(paused=paused)
        )

    def remove(self, function: str | FunctionName, rules: Sequence[str] | str) -> Changed:
        """Remove rules by id, beginning of an id, or target: all of them, or none if one is not there."""
        name, wanted = self.parse_name(function), as_list(rules)
        return change_document(
            self.desk.open_store(), name, lambda document: changes.remove_rules(document, wanted)
        )

    def clear(self, function: str, keep: Callable[[Answer], None] | None = None) -> Changed:
        """Remove all rules of a function.

        Args:
            function: its name.
            keep: takes a document that cannot be read, before an empty one takes its place; None: that is refused.
        """
        name = self.parse_name(function)
        self.require_known(name)
        return change_document(self.desk.open_store(), name, changes.remove_all, keep)

    def rotate(self, function: str) -> int:
        """Give a function a new key, with which its events are proven from now on; return the key's number.

        What was logged with the key before stays proven, where the store keeps a history.

        Raises:
            StoreError: `missing`: it has no rules and never had any, so that it has no key.

        Example:
            >>> client.rotate("orders")
            2
        """
        name = self.parse_name(function)
        store = self.desk.open_store()
        store.read(name)
        return key_number(change_document(store, name, new_key()).after)

    def remove_group(self, group: str, function: str = "") -> list[Changed]:
        """Remove the rules of a group from one function, or from every one that has some.

        Args:
            group: its name, or a pattern such as `mcp-*`.
            function: its name; empty: every function.

        Raises:
            StoreError: `unknown-rule`, where there is none.
        """
        store = self.desk.open_store()
        names = [self.parse_name(function)] if function else find_group(store, group)
        return [
            change_document(store, name, lambda document: changes.remove_group(document, group))
            for name in names
        ]

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
            >>> client.edit("orders", "k3f9", {"condition": "total > 500"}).rule.condition
            'total > 500'
        """
        from hotlog.client.adding.edit_rule import edit_rule  # as `Viewer.check`

        return edit_rule(self.desk, self.parse_name(function), rule, fields, as_path(source))


def as_list(rules: Sequence[str] | str) -> Sequence[str]:
    """Return the names of rules: a text is one name, not a sequence of letters."""
    return [rules] if isinstance(rules, str) else rules


def require_faultless(checked: Sequence[CheckedRule]) -> None:
    """Refuse rules of which one has faults: all faults of all rules at once.

    Raises:
        RuleError, LocationError: with the code of the first fault.
    """
    faults = [fault for each in checked for fault in each.faults]
    if faults:
        raise error_of(faults)
