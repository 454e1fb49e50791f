"""What a function's role must be allowed so that hotlog works in it: statements of an IAM policy, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.stores.ssm.store import DEFAULT_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        """The statement as IAM writes it."""
        return {"Effect": "Allow", "Action": list(self.actions), "Resource": self.resource}


def of_function(arn: str, *, store: str = "", sink: str = "") -> list[Statement]:
    """What the role of a function needs for hotlog, beside what it has for the function's own log.

    Args:
        arn: of the function.
        store: value of HOTLOG_STORE; empty: Lambda's default.
        sink: value of HOTLOG_SINK; empty: the function's own log.
    """
    return list(_statements(arn, store or "ssm:", sink))


def policy_of(statements: list[Statement]) -> dict[str, object]:
    """The statements as a policy document."""
    return {"Version": POLICY_VERSION, "Statement": [each.document() for each in statements]}


def _statements(arn: str, store: str, sink: str) -> Iterator[Statement]:
    _, partition, _, region, account, _, name = arn.split(":")[:7]
    here = f"{region}:{account}"
    scheme, _, rest = store.partition(":")
    if scheme == "ssm":
        prefix = "/" + (rest or DEFAULT_PREFIX).strip("/")
        yield Statement(("ssm:GetParameter",), f"arn:{partition}:ssm:{here}:parameter{prefix}/{name}")
    scheme, _, group = sink.partition(":")
    if scheme == "cloudwatch" and group:
        streams = f"arn:{partition}:logs:{here}:log-group:{group}:*"
        yield Statement(("logs:CreateLogStream", "logs:PutLogEvents"), streams)
