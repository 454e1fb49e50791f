"""What changes rules: a change is one write for each function, of all that was asked or of nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hotlog.client.adding.checked_rule import error_of
from hotlog.client.documents import changes
from hotlog.client.documents.edit import Changed, change_document, find_group
from hotlog.client.documents.keys import key_number, new_key
from hotlog.client.viewer import Viewer, as_path
from hotlog.errors import RuleError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.adding.request import RuleRequest
    from hotlog.client.adding.store_rules import StoredRules
    from hotlog.rules.model import Rule
    from hotlog.stores import Answer

    Asked = Rule | RuleRequest | Mapping[str, Any]


class RuleWriter(Viewer):
    """The methods of `hotlog.Client` that write a function's document."""

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
