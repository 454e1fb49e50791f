"""The five roles around a function, and the least that each must be allowed. Pure: an ARN in, statements out.

function    what runs: reads its rules
reader      who looks: rules, status, history, events
operator    who debugs: a reader who also writes rules, and has them checked against the code that is deployed
agent       a coding agent's server: what an operator may, at this function alone
installer   who puts hotlog on the function: publishes the layer, attaches and detaches it; of many, keeps house, too
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.addresses import find_sink, find_store
from hotlog.client.attaching.layer_versions import LAYER_NAME
from hotlog.client.attaching.permissions import Statement, of_function

if TYPE_CHECKING:
    from collections.abc import Callable


class Scene(NamedTuple):
    """The function, store and sink that IAM policies are made for.

    Attributes:
        function: ARN of the function, whose name may be a pattern of IAM's, with `*` and `?`. Where Region or account
            are not known, `*` stands for them.
        store: URL of the store; empty: Lambda's default.
        sink: value of HOTLOG_SINK on the function; empty: its own log.
        log_group: where the function logs; empty: where Lambda puts it.
        role: ARN of the function's role; empty: any of the account.
    """

    function: str
    store: str = ""
    sink: str = ""
    log_group: str = ""
    role: str = ""

    @property
    def name(self) -> str:
        """Return the function's name."""
        return self.function.rpartition(":")[2]

    @property
    def is_pattern(self) -> bool:
        """Return whether several functions are meant."""
        return "*" in self.name or "?" in self.name

    def of_store(self, who: str) -> list[Statement]:
        """Return what the store asks for somebody; see `StoreAddress.permissions`."""
        return [Statement(*each) for each in find_store(self.store).permissions(self.function, who)]

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in the function's Region and account."""
        _, partition, _, region, account, *_ = self.function.split(":")
        place = f":{account}" if service == "iam" else f"{region}:{account}"
        return f"arn:{partition}:{service}:{place}:{resource}"


def function(scene: Scene) -> list[Statement]:
    """Return what hotlog needs in the function, beside what the function has for its own log."""
    return of_function(scene.function, store=scene.store, sink=scene.sink)


def reader(scene: Scene) -> list[Statement]:
    """Return what `ls`, `show`, `tail`, `status` and `history` need."""
    return [
        *scene.of_store("reader"),
        *_of_all_functions(scene),
        Statement(("lambda:ListAliases",), scene.function),  # NAME:ALIAS
        *(
            statement
            for group in _log_groups(scene)
            for statement in _reading(scene.arn("logs", f"log-group:{group}"))
        ),
    ]


def operator(scene: Scene) -> list[Statement]:
    """Return what a reader needs, and `add`, `edit`, `rm`, `pause` and `doctor`.

    `lambda:GetFunction` shows the code, which rules are checked against, and the values of the variables.
    """
    return [*agent(scene), _simulate(scene), Statement(("ec2:DescribeVpcEndpoints",), "*")]


def agent(scene: Scene) -> list[Statement]:
    """Return what `hotlog mcp` needs: to look at this function, to place rules at it and to read what they log.

    It may invoke nothing, attach nothing, simulate no permission of anybody, and list no functions.
    """
    return [
        *scene.of_store("operator"),
        *reader(scene),
        Statement(("lambda:GetFunction",), scene.function),
        Statement(("lambda:GetFunction",), f"{scene.function}:*"),
        Statement(("lambda:GetLayerVersion",), scene.arn("lambda", "layer:*")),
        Statement(("cloudwatch:GetMetricStatistics", "cloudwatch:GetMetricData"), "*"),
        _throughput(scene),
    ]


def installer(scene: Scene) -> list[Statement]:
    """Return what `attach`, `detach` and `layer publish` need.

    `attach --verify` looks at the code, invokes the function for an answer of hotlog's own, or reads its log instead.
    """
    on_function = (
        "GetFunctionConfiguration",
        "UpdateFunctionConfiguration",
        "ListAliases",
        "ListTags",
        "ListProvisionedConcurrencyConfigs",
        "GetFunctionCodeSigningConfig",
        "GetFunction",
        "GetFunctionConcurrency",
        "InvokeFunction",
        "PublishVersion",
        "GetAlias",
        "UpdateAlias",
    )
    layer = scene.arn("lambda", f"layer:{LAYER_NAME}")
    return [
        Statement(tuple(f"lambda:{action}" for action in on_function), scene.function),
        Statement(("lambda:ListLayerVersions", "lambda:PublishLayerVersion"), layer),
        Statement(("lambda:GetLayerVersion",), scene.arn("lambda", "layer:*")),
        Statement(("lambda:GetCodeSigningConfig",), scene.arn("lambda", "code-signing-config:*")),
        Statement(("ec2:DescribeVpcEndpoints",), "*"),
        *_of_all_functions(scene),
        *([*scene.of_store("operator"), *scene.of_store("keeper")] if scene.is_pattern else []),
        Statement(("cloudwatch:GetMetricStatistics", "cloudwatch:GetMetricData"), "*"),
        _throughput(scene),
        *(
            Statement(("logs:FilterLogEvents",), f"{scene.arn('logs', f'log-group:{group}')}:*")
            for group in _log_groups(scene)
        ),
        _simulate(scene),
    ]


ROLES: Final[dict[str, Callable[[Scene], list[Statement]]]] = {
    "function": function,
    "reader": reader,
    "operator": operator,
    "agent": agent,
    "installer": installer,
}


def _log_groups(scene: Scene) -> list[str]:
    """Return where the function's events may be, as `hotlog.client.events.logs.log_groups` does."""
    chosen = find_sink(scene.sink).log_group
    return [*([chosen] if chosen else []), scene.log_group or f"/aws/lambda/{scene.name}"]


def _reading(group: str) -> list[Statement]:
    """Return the statements to read a log group: IAM takes its ARN with `:*` or without, by the action."""
    return [
        Statement(("logs:FilterLogEvents", "logs:StartLiveTail"), f"{group}:*"),
        Statement(("logs:StartLiveTail",), group),
    ]


def _of_all_functions(scene: Scene) -> list[Statement]:
    """Return what `ls` without FUNCTION and patterns need."""
    if not scene.is_pattern:
        return []
    return [
        *scene.of_store("lister"),
        Statement(("lambda:ListFunctions", "tag:GetResources"), "*"),
    ]


def _throughput(scene: Scene) -> Statement:
    """Return the statement to see how many reads a second Parameter Store grants."""
    setting = "servicesetting/ssm/parameter-store/high-throughput-enabled"
    return Statement(("ssm:GetServiceSetting",), scene.arn("ssm", setting))


def _simulate(scene: Scene) -> Statement:
    return Statement(("iam:SimulatePrincipalPolicy",), scene.role or scene.arn("iam", "role/*"))
