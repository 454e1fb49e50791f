"""What a function's role must be allowed so that hotlog works in it: statements of an IAM policy, as data."""

from __future__ import annotations

from typing import Final, NamedTuple

from hotlog.addresses import find_readable_store, find_used_sink

POLICY_VERSION: Final = "2012-10-17"


class Statement(NamedTuple):
    """One statement of an IAM policy.

    Attributes:
        actions: such as `ssm:GetParameter`.
        resource: the ARN they are done to.
    """

    actions: tuple[str, ...]
    resource: str

    def document(self) -> dict[str, object]:
        """Return the statement as IAM writes it."""
        return {"Effect": "Allow", "Action": list(self.actions), "Resource": self.resource}


def of_function(arn: str, *, store: str = "", sink: str = "") -> list[Statement]:
    """Return what the role of a function needs for hotlog, beside what it has for the function's own log.

    Args:
        arn: of the function.
        store: value of HOTLOG_STORE; empty: Lambda's default.
        sink: value of HOTLOG_SINK; empty: the function's own log.
    """
    readable = find_readable_store(store)
    of_store = readable.permissions(arn, "function") if readable else ()
    return [Statement(*each) for each in (*of_store, *find_used_sink(sink).permissions(arn))]


def policy_of(statements: list[Statement]) -> dict[str, object]:
    """Return the statements as a policy document."""
    return {"Version": POLICY_VERSION, "Statement": [each.document() for each in statements]}
